"""Makes a gateway from its parts. ``open_gateway`` is all that a process needs; tests hand in their own parts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.manifest import SettlementMode
from gateway.bootstrap.adapters import close_adapters, load_registry
from gateway.bootstrap.traces import open_tracing
from gateway.catalogue.catalogue import Catalogue
from gateway.catalogue.registry import Registry
from gateway.catalogue.switches import Switches
from gateway.clock import SystemClock, SystemIds
from gateway.config import Settings
from gateway.free_rounds.book import FreeRoundsBook
from gateway.free_rounds.desk import FreeRoundsDesk
from gateway.free_rounds.grant_steps import GrantSteps
from gateway.operator_wallet.compose import open_operator_wallets
from gateway.operator_wallet.wallet import OperatorWallets
from gateway.players.accounts import PlayerAccounts
from gateway.provider_settings import AgeingRule
from gateway.rounds.free_bets import FreeBetLedger
from gateway.rounds.handle_wallet_call import HandleWalletCall
from gateway.rounds.open_rounds import OpenRounds
from gateway.rounds.play_atomic import PlayAtomic
from gateway.rounds.play_gateway_driven import PlayGatewayDriven
from gateway.rounds.play_spin import Play, PlaySpin
from gateway.rounds.ports import Clock, IdSource, WalletPort
from gateway.rounds.publish_round import PublishRound
from gateway.rounds.resolve_round import ResolveRound
from gateway.rounds.show_round import ShowRound
from gateway.rpc import error_codes
from gateway.sessions.authenticate import OperatorAuthentication, PlayerAuthentication
from gateway.sessions.end_session import SessionKeeper
from gateway.sessions.fair_seals import FairSeals
from gateway.sessions.fair_seeds import FairSeeds
from gateway.sessions.find_session import SessionFinder
from gateway.sessions.open_session import SessionOpener, SessionTerms
from gateway.sessions.session_cache import SessionCache
from gateway.storage.credential_store import SqlCredentialStore
from gateway.storage.database import migrate, open_engine
from gateway.storage.fair_store import SqlFairStore
from gateway.storage.free_rounds_store import SqlFreeRoundsStore
from gateway.storage.operator_store import SqlOperatorStore
from gateway.storage.session_store import SqlSessionStore
from gateway.storage.switch_store import SqlSwitchStore
from gateway.workers.ageing import AgeingTerms, AgeingWorker
from gateway.workers.resolver import DoubtResolver, ResolverTerms
from protos.wire.edge import Edge
from protos.wire.metrics import RpcMetrics
from protos.wire.tracing import NO_TRACING, RpcTracing

Turn: TypeAlias = Callable[[], Awaitable[object]]
"""One round of a worker."""


@dataclass(slots=True)
class Parts:
    """What may be replaced: by tests, or by another mode."""

    clock: Clock = field(default_factory=SystemClock)
    ids: IdSource = field(default_factory=SystemIds)
    wallet: WalletPort | None = None
    registry: Registry | None = None


@dataclass(slots=True)
class Gateway:
    """The composed gateway, without a server."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    wallet: WalletPort
    registry: Registry
    catalogue: Catalogue
    switches: Switches
    operators: SqlOperatorStore
    sessions: SqlSessionStore
    credentials: SqlCredentialStore
    players: PlayerAuthentication
    operator_keys: OperatorAuthentication
    opener: SessionOpener
    keeper: SessionKeeper
    accounts: PlayerAccounts
    play: PlaySpin
    fair: FairSeeds
    publish: PublishRound
    handle_wallet_call: HandleWalletCall
    free_rounds: FreeRoundsDesk
    open_rounds: OpenRounds
    show_round: ShowRound
    resolver: DoubtResolver
    edge: Edge
    stopping: asyncio.Event
    end_old_rounds: Turn
    """Closes, cancels or tells of rounds that nobody ends, as agreed with each provider."""
    ledger: WalletPort | None = None
    """The wallet below those of operators."""

    @property
    def operator_wallets(self) -> OperatorWallets | None:
        """The wallets of brands whose money is at the operator, where there are any."""
        return self.wallet if isinstance(self.wallet, OperatorWallets) else None


async def open_wallet_port(settings: Settings, clock: Clock) -> WalletPort:
    """Return the wallet of this process, or the client of one that runs elsewhere."""
    if settings.wallet_address:
        from gateway.wallet_client.port import open_wallet_client

        return open_wallet_client(settings.wallet_address, settings.wallet_timeout_s, settings.wallet_token)
    from gateway.bootstrap.embedded_wallet import EmbeddedWallet
    from gateway.bootstrap.wallet_policies import policies_of
    from wallet.bootstrap import open_wallet

    policies = policies_of(settings.providers)
    return EmbeddedWallet(await open_wallet(settings.database_url, clock.now_ms, policies=policies))


@asynccontextmanager
async def open_gateway(settings: Settings, parts: Parts | None = None) -> AsyncIterator[Gateway]:
    """Compose a gateway and take it apart again: adapters and wallet finish what has entered."""
    parts = parts or Parts()
    engine = open_engine(settings.database_url)
    try:
        await migrate(engine)
        registry = parts.registry or await load_registry(settings.adapters)
        ledger = wallet = parts.wallet or await open_wallet_port(settings, parts.clock)
        if settings.operator_wallets:
            wallet = await open_operator_wallets(wallet, settings.operator_wallets, engine, parts.clock)
        try:
            with open_tracing(settings.trace_exporter, settings.trace_ratio) as tracing:
                gateway = compose(settings, parts, engine, wallet, registry, tracing)
                gateway.ledger = ledger
                await gateway.catalogue.refresh()
                yield gateway
        finally:
            await close_adapters(registry)
            await wallet.aclose()
    finally:
        await engine.dispose()


def compose(
    settings: Settings,
    parts: Parts,
    engine: AsyncEngine,
    wallet: WalletPort,
    registry: Registry,
    tracing: RpcTracing = NO_TRACING,
) -> Gateway:
    """Put the parts together; no I/O."""
    clock, ids = parts.clock, parts.ids
    operators, sessions = SqlOperatorStore(engine), SqlSessionStore(engine)
    free_rounds_store, free_bets = SqlFreeRoundsStore(engine), cast("FreeBetLedger", wallet)
    grant_steps = GrantSteps(
        free_rounds_store,
        free_bets,
        registry,
        clock,
        settings.provider_timeout_s,
        settings.resolver_backoff_max_s,
    )
    switches = Switches(SqlSwitchStore(engine), clock)
    catalogue = Catalogue(registry, switches, settings.catalogue_timeout_s)
    cache = SessionCache(clock, settings.session_cache_ttl_s, settings.session_cache_size_max)
    finder = SessionFinder(sessions, cache, clock)
    terms = SessionTerms(settings.session_lifetime_s, settings.demo_balance_micros)
    resolve = ResolveRound(registry, wallet, clock, finder)
    seals = FairSeals(settings.fair_seed_key.get_secret_value())
    fair = FairSeeds(SqlFairStore(engine), wallet, registry, seals, clock, settings.fair_grace_ms)
    plays: dict[SettlementMode, Play] = {
        SettlementMode.ATOMIC: PlayAtomic(wallet, clock, fair),
        SettlementMode.GATEWAY_DRIVEN: PlayGatewayDriven(
            wallet, resolve, clock, settings.spin_reserve_ms, settings.round_grace_ms
        ),
    }
    doubt = ResolverTerms(
        settings.round_grace_ms,
        int(settings.resolver_interval_s * 1000),
        int(settings.resolver_backoff_max_s * 1000),
        settings.resolver_page_size,
    )
    return Gateway(
        settings=settings,
        clock=clock,
        engine=engine,
        wallet=wallet,
        registry=registry,
        catalogue=catalogue,
        switches=switches,
        operators=operators,
        sessions=sessions,
        credentials=SqlCredentialStore(engine),
        players=PlayerAuthentication(finder, clock),
        operator_keys=OperatorAuthentication(operators, clock, settings.api_key_cache_ttl_s),
        opener=SessionOpener(catalogue, wallet, sessions, cache, clock, ids, terms, fair),
        keeper=SessionKeeper(sessions, cache),
        accounts=PlayerAccounts(wallet),
        handle_wallet_call=HandleWalletCall(
            registry, catalogue, finder, wallet, clock, FreeRoundsBook(free_rounds_store, clock)
        ),
        free_rounds=FreeRoundsDesk(free_rounds_store, free_bets, grant_steps, catalogue, clock),
        open_rounds=OpenRounds(wallet, registry, clock, settings.round_grace_ms),
        show_round=ShowRound(registry, wallet, settings.provider_timeout_s),
        play=PlaySpin(catalogue, wallet, clock, plays),
        fair=fair,
        publish=PublishRound(registry, wallet, fair),
        resolver=DoubtResolver(wallet, registry, operators, resolve, clock, doubt),
        edge=Edge(error_codes.describe, error_codes.internal, ids.unique_id, RpcMetrics(), tracing),
        stopping=asyncio.Event(),
        end_old_rounds=AgeingWorker(wallet, registry, operators, resolve, clock, ageing_terms(settings)).turn,
    )


def ageing_terms(settings: Settings) -> AgeingTerms:
    """Return what is agreed about old rounds. Without a word nothing moves by age alone: a round may be in doubt."""
    usual = (AgeingRule(settings.ageing_escalate_s * 1000, "escalate"),)
    return AgeingTerms(usual, {name: provider.ageing_rules() for name, provider in settings.providers.items()})
