"""The real thing as the target of scenarios: callback server over HTTP, gateway, embedded wallet on SQLite."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.contract.errors import OutcomeUnknown
from adapters.contract.manifest import Manifest
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletCall, WalletReply
from adapters.mocks.clock import VirtualClock
from adapters.mocks.dialect import Dialect
from adapters.mocks.host import MockHost, load_dialect
from adapters.mocks.loop import MOCK_URL
from adapters.mocks.scenario import ScenarioResult, run_scenario, seed_of
from adapters.mocks.scenario_words import GrantWords, OperatorWords, Scenario
from adapters.mocks.server import create_app
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.mocks.words import micros_of, span_ms_of
from gateway.bootstrap.callbacks import running_callbacks
from gateway.bootstrap.compose import Gateway, Parts, open_gateway
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.catalogue.registry import Registry
from gateway.catalogue.targets import Target as SwitchTarget
from gateway.catalogue.targets import TargetKind
from gateway.cli.demo_data import DEMO_BRAND_ID, DEMO_OPERATOR_ID, ensure_demo_data
from gateway.config import Settings
from gateway.free_rounds.records import FreeRoundsStatus, GrantFreeRounds
from gateway.rounds.ports import AccountRef
from gateway.sessions.open_session import OpenSession
from gateway.storage.credential_store import NewCredential
from tests.support.reply_checks import PATIENCE_MS, CheckedLink
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import AccountStatus
from wallet.ledger.policy import DEFAULT_POLICIES, Policies
from wallet.settlement.wallet import Wallet

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000
TENANT_ID = "t1"


class MovedClock:
    """The gateway's clock, following the virtual time of the scenario that runs; it never goes back."""

    def __init__(self) -> None:
        self.virtual = VirtualClock(START_MS)

    def now_ms(self) -> int:
        """Return the scenario's time."""
        return self.virtual.now_ms()

    def monotonic(self) -> float:
        """Return real seconds: deadlines are real."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await self.virtual.sleep_ms(int(seconds * 1000))

    def next_scenario(self) -> VirtualClock:
        """Return a fresh clock that begins a day after the last one stopped."""
        self.virtual = VirtualClock(self.virtual.now_ms() + DAY_MS)
        return self.virtual


class FlakyWallet(EmbeddedWallet):
    """The embedded wallet, which may be told to be unable to say what it did."""

    outage = False

    async def apply(self, call: WalletCall) -> WalletReply:
        """Apply, or say that nothing can be said."""
        if self.outage:
            return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)
        return await super().apply(call)


@dataclass
class GatewayBench:
    """One gateway with one provider mounted, and the mock host that the next scenario plays on."""

    provider: str
    dialect: Dialect
    clock: MovedClock
    link: CheckedLink
    wallet: Wallet = field(init=False)
    port: FlakyWallet = field(init=False)
    adapter: Any = field(init=False)
    manifest: Manifest = field(init=False)
    gateway: Gateway = field(init=False)
    callbacks_url: str = ""
    app: ASGIApp = field(init=False)
    tenant: Tenant = field(init=False)
    played_count: int = 0

    def fresh_tenant(self, seed: int) -> Tenant:
        """Return a tenant that remembers nothing, at the address that the gateway's adapter knows."""
        host = MockHost({self.provider: self.dialect}, self.link, public_url=MOCK_URL)
        self.app = create_app(host)
        self.tenant = host.open_tenant(self.provider, TENANT_ID, seed=seed)
        self.tenant.clock = self.clock.next_scenario()
        self.tenant.wallet_url = self.callbacks_url
        return self.tenant

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return the way from the adapter to whichever mock host is the current one."""

        async def current(scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)

        return httpx.ASGITransport(current)

    async def run(self, scenario: Scenario) -> ScenarioResult:
        """Play one scenario with a player of its own."""
        self.played_count += 1
        tenant = self.fresh_tenant(seed_of(scenario.name))
        target = GatewayTarget(self, f"player-{self.played_count}")
        try:
            result = await run_scenario(scenario, tenant, target)
        finally:
            await target.put_right()
        result.failures.extend(self.link.take_violations())
        return result


class GatewayTarget:
    """One player of one scenario."""

    def __init__(self, bench: GatewayBench, player_id: str) -> None:
        self._bench = bench
        self._account = AccountRef(DEMO_BRAND_ID, player_id, "EUR")
        self._request: OpenSession | None = None
        self._game_id = ""
        self.grant_id = f"grant-{player_id}"

    async def launch(self, scenario: Scenario, tenant: Tenant) -> MockSession:
        """Open and fund the account, open a session of the gateway, whose answer is the launch address."""
        given, bench = scenario.given, self._bench
        self._account = AccountRef(DEMO_BRAND_ID, self._account.player_id, given.currency)
        await bench.gateway.accounts.open(self._account)
        balance_micros = micros_of(given.balance)
        if balance_micros:
            await bench.gateway.accounts.deposit(self._account, f"fund-{self._account.player_id}", balance_micros)
        self._game_id = given.game or tenant.games[0].game_id
        self._request = OpenSession(
            operator_id=DEMO_OPERATOR_ID,
            session_id=f"session-{self._account.player_id}",
            brand_id=DEMO_BRAND_ID,
            player_id=self._account.player_id,
            game_id=f"{bench.manifest.provider_id}:{self._game_id}",
            currency_code=given.currency,
            demo=given.demo,
            country_code=given.country,
            lobby_url="https://lobby.invalid/",
        )
        opened = await bench.gateway.opener(self._request)
        return next(kept for name, kept in tenant.sessions.items() if name in opened.launch_url)

    async def balance_micros(self) -> int:
        """Return what the ledger says."""
        balance = await self._bench.port.get_balance(self._account)
        assert balance is not None
        return balance.balance_micros

    def told_micros(self, balance_micros: int) -> int:
        """Return the balance as it was told."""
        return balance_micros

    async def operate(self, words: OperatorWords) -> None:
        """Let an event happen."""
        bench, account = self._bench, self._account
        key = (account.brand_id, account.player_id, account.currency_code)
        assert self._request is not None
        if words.block_player:
            await bench.wallet.set_status(key, AccountStatus.BLOCKED, "scenario", "a test")
        if words.expire_token:
            await bench.gateway.keeper.close(DEMO_OPERATOR_ID, self._request.session_id)
        if words.rotate_token:
            await bench.gateway.opener(self._request)
        if words.disable_game:
            await self._switch(enabled=False)
        if words.outage is not None:
            bench.port.outage = words.outage

    async def grant(self, words: GrantWords) -> None:
        """Grant free rounds, as an operator does."""
        bench, now_ms = self._bench, self._bench.clock.now_ms()
        wanted = GrantFreeRounds(
            DEMO_BRAND_ID,
            self.grant_id,
            self._account.player_id,
            self._account.currency_code,
            (f"{bench.manifest.provider_id}:{self._game_id}",),
            micros_of(words.bet),
            words.count,
            now_ms,
            now_ms + span_ms_of(words.valid),
        )
        view, _ = await bench.gateway.free_rounds.grant(wanted)
        if view.free_rounds.status is FreeRoundsStatus.PENDING:
            raise OutcomeUnknown(view.free_rounds.cause)
        assert view.free_rounds.status is FreeRoundsStatus.ACTIVE, view

    async def cancel_grant(self) -> None:
        """Cancel the grant, as an operator does."""
        view = await self._bench.gateway.free_rounds.cancel(DEMO_BRAND_ID, self.grant_id)
        assert view.free_rounds.status is FreeRoundsStatus.CANCELLED, view

    async def put_right(self) -> None:
        """End what would disturb the next scenario."""
        self._bench.port.outage = False
        await self._switch(enabled=True)

    async def _switch(self, *, enabled: bool) -> None:
        game_id = f"{self._bench.manifest.provider_id}:{self._game_id}"
        target = SwitchTarget(DEMO_BRAND_ID, TargetKind.GAME, game_id)
        await self._bench.gateway.switches.set(target, enabled=enabled, reason="scenario")


@asynccontextmanager
async def gateway_bench(
    provider: str, database: Path, policies: Policies = DEFAULT_POLICIES
) -> AsyncIterator[GatewayBench]:
    """Open a gateway with one provider's adapter and its callback server on a free port."""
    bench = GatewayBench(provider, load_dialect(provider), MovedClock(), CheckedLink(provider))
    tenant = bench.fresh_tenant(1)
    # Calls take real time: a machine that stands still for four seconds is not what these tests are about.
    config = bench.dialect.adapter_config(tenant, DEMO_BRAND_ID) | {"callback_timeout_ms": PATIENCE_MS}
    bench.adapter = import_module(f"adapters.{provider}.adapter").create_adapter(config, bench.transport)
    bench.manifest = await bench.adapter.describe()
    url = f"sqlite:///{database}"
    bench.wallet = await open_wallet(url, bench.clock.now_ms, policies=policies)
    bench.port = FlakyWallet(bench.wallet)
    parts = Parts(clock=bench.clock, wallet=bench.port, registry=Registry([(bench.manifest, bench.adapter)]))
    try:
        settings: dict[str, Any] = {"database_url": url, "listen": "127.0.0.1:0"}
        async with open_gateway(Settings(**settings), parts) as gateway:
            bench.gateway = gateway
            await ensure_demo_data(gateway)
            await _add_credential(bench, tenant)
            async with running_callbacks(gateway, "127.0.0.1:0") as port:
                bench.callbacks_url = f"http://127.0.0.1:{port}/callbacks/{bench.manifest.adapter_id}/{DEMO_BRAND_ID}"
                yield bench
        assert bench.link.take_violations() == []
    finally:
        await bench.link.aclose()


async def _add_credential(bench: GatewayBench, tenant: Tenant) -> None:
    credential = bench.dialect.credential(tenant, DEMO_BRAND_ID)
    new = NewCredential(
        adapter_id=bench.manifest.adapter_id,
        brand_ref=DEMO_BRAND_ID,
        brand_id=DEMO_BRAND_ID,
        key_id="mock",
        secret=next(iter(credential.secrets), b""),
        provider_public_key=next(iter(credential.provider_public_keys), b""),
        facts=dict(credential.facts),
    )
    await bench.gateway.credentials.add(new, bench.clock.now_ms())
