"""The provider protocols as subjects of the kit: the adapter against its own mock, with calls that the mock signed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import httpx

from adapters.conformance.samples import WalletCallSample
from adapters.contract.adapter import ProviderAdapter
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, SessionId
from adapters.contract.json_text import read_object
from adapters.contract.rounds import Session
from adapters.contract.wallet_calls import ActionKind, RawCall
from adapters.mocks.host import MockHost, load_dialect
from adapters.mocks.server import create_app
from adapters.mocks.types import HttpCall, MockSession, Outcome, Step, StepKind

BRAND_ID = "conformance"
MOCK_URL = "http://mock.test"
KINDS = {
    StepKind.BET: (ActionKind.BET,),
    StepKind.WIN: (ActionKind.WIN,),
    StepKind.ROLLBACK: (ActionKind.ROLLBACK,),
    StepKind.BALANCE: (),
}
SIGNATURE_HEADERS = ("x-hub88-signature", "x-request-sign")
ECHOES = ("request_uuid", "uuid")


class ProviderSide:
    """The mock of one provider, in this process."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.dialect = load_dialect(provider)
        host = MockHost({provider: self.dialect}, public_url=MOCK_URL)
        self.app = create_app(host)
        self.tenant = host.open_tenant(provider, "t1")
        self.tenant.wallet_url = f"http://wallet.test/{BRAND_ID}"

    @property
    def config(self) -> dict[str, Any]:
        """The config section of the adapter, and the way to the mock."""
        return {"side": self, "section": self.dialect.adapter_config(self.tenant, BRAND_ID)}

    async def samples(self) -> tuple[WalletCallSample, ...]:
        """Return the wallet calls of one round, its rollback and a balance question, as the mock signs them."""
        tenant = self.tenant
        session = await self._launched()
        plan = self.dialect.plan(tenant, session, 1_000_000, Outcome((2_500_000,)), None)
        steps = [*plan, self.dialect.rollback_of(tenant, plan[0]), Step(StepKind.BALANCE, session.session_id)]
        return tuple(self._sample(step) for step in steps)

    async def _launched(self) -> MockSession:
        """Launch a game through the adapter, so that the session has the token that the adapter can read."""
        adapter: Any = create_adapter(self.config)
        session = Session(
            SessionId("session-1"), OperatorId("operator-1"), BrandId(BRAND_ID), PlayerId("player-1"), "EUR", "SE",
            lobby_url="https://lobby.invalid/", token="token-0001",
        )  # fmt: skip
        await adapter.launch_url(session, GameId(self.tenant.games[0].game_id))
        await adapter.aclose()
        return list(self.tenant.sessions.values())[-1]

    def _sample(self, step: Step) -> WalletCallSample:
        rendered = self.dialect.render(self.tenant, step, 1, self.tenant.clock.now_ms())
        call = RawCall(
            rendered.method,
            f"/{BRAND_ID}{rendered.path}",
            rendered.query,
            tuple((name.lower(), value) for name, value in rendered.headers),
            rendered.body,
            self.tenant.clock.now_ms(),
        )
        header = next((name for name in SIGNATURE_HEADERS if call.header(name)), "")
        kinds = _kinds(step)
        credential = self.dialect.credential(self.tenant, BRAND_ID)
        signed = header != "" or b"hash=" in rendered.body
        return WalletCallSample(step.kind.value, call, credential, kinds, _echoes(rendered), header, signed)


def _kinds(step: Step) -> tuple[ActionKind, ...]:
    if step.kind is StepKind.BATCH:
        return tuple(KINDS[part.kind][0] for part in step.parts)
    if step.kind is StepKind.CLOSE:
        return (ActionKind.CLOSE,)
    return KINDS[step.kind]


def _echoes(call: HttpCall) -> tuple[str, ...]:
    """Return the correlation ids that the protocol wants back."""
    if not call.body.startswith(b"{"):
        return ()
    fields = read_object(call.body)
    return tuple(str(fields[name]) for name in ECHOES if name in fields)


def create_adapter(config: Mapping[str, Any]) -> ProviderAdapter:
    """Make the adapter with the mock as the other end of its HTTP client."""
    side: ProviderSide = config["side"]
    module = import_module(f"adapters.{side.provider}.adapter")
    adapter: ProviderAdapter = module.create_adapter(config["section"], lambda: httpx.ASGITransport(side.app))
    return adapter
