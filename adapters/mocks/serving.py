"""Runs a mock host: tenants set up from the command line, keys kept in a file, a wallet of play money beside it."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from adapters.contract.errors import AdapterError
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, SessionId
from adapters.contract.rounds import Session
from adapters.mocks.clock import wall_ms
from adapters.mocks.host import MockHost, clock_named, load_adapter_module, load_dialect
from adapters.mocks.operator import OperatorMock
from adapters.mocks.play_wallet import PlayWallet
from adapters.mocks.server import create_app
from adapters.mocks.tenant import Tenant
from adapters.mocks.wallet_control import wallet_control_routes

PLAY_BRAND = "play"
PLAY_PLAYERS = ("player-1", "player-2", "player-3")
PLAY_BALANCE_MICROS = 1_000_000_000


@dataclass(slots=True)
class ServeTerms:
    """What ``reelgate mock serve`` was told. ``wallet_url`` may hold ``{provider}``: its id, as our adapter has it."""

    providers: list[str]
    public_url: str
    wallet_url: str = ""
    tenant_id: str = "default"
    time: str = "real"
    keys_file: Path | None = None
    with_wallet: bool = False
    seed: int = 0
    """0: another one at every start, because the wallet may remember the ids of the last one."""
    wall: Callable[[], int] = wall_ms
    """The clock on the wall: virtual time begins there, and the wallets, which keep real time, are told its stamps."""
    operators: dict[str, OperatorMock] = field(default_factory=dict)


def build_host(terms: ServeTerms) -> MockHost:
    """Make a host with one tenant for each provider."""
    dialects = {name: load_dialect(name) for name in terms.providers}
    host = MockHost(
        dialects,
        public_url=terms.public_url,
        seed=lambda: terms.seed or secrets.randbits(48),
        wallet_clock=terms.wall,
    )
    keys = read_keys(terms.keys_file)
    for name in terms.providers:
        tenant = host.open_tenant(name, terms.tenant_id)
        tenant.set_credentials(keys.get(name, {}))
        tenant.clock = clock_named(terms.time, terms.wall)
        tenant.wallet_url = terms.wallet_url.replace("{provider}", dialects[name].provider_id)
        if terms.with_wallet:
            tenant.wallet_url = f"{host.public_url}/wallet/{name}/{PLAY_BRAND}"
            terms.operators[name] = _operator(name, tenant)
        keys[name] = dict(tenant.credentials)
    _write_keys(terms.keys_file, keys)
    return host


def build_app(host: MockHost, terms: ServeTerms) -> Starlette:
    """Return the ASGI app of the host, with the play wallets below ``/wallet/{provider}`` where asked for."""
    app = create_app(host)
    for name, operator in terms.operators.items():
        mount = f"/wallet/{name}"
        app.router.routes[0:0] = [*wallet_control_routes(f"{mount}/control", operator), Mount(mount, app=operator)]

    async def try_game(request: Request) -> Response:
        provider = request.path_params["provider"]
        try:
            return RedirectResponse(await play_url(terms, host, provider))
        except AdapterError as refused:
            cause = f"{refused}; does a fault or maintenance lie on its operator API?"
            return PlainTextResponse(f"{provider} launches no game now: {cause}", status_code=503)

    if terms.operators:
        app.router.routes.insert(0, Route("/try/{provider}", try_game))
    return app


async def play_url(terms: ServeTerms, host: MockHost, provider: str) -> str:
    """Launch the first game for the first play player; returns the address of the page."""
    tenant = host.tenant(provider, terms.tenant_id)
    adapter = load_adapter_module(provider).create_adapter(tenant.dialect.adapter_config(tenant, PLAY_BRAND))
    session = Session(
        session_id=SessionId("session-1"),
        operator_id=OperatorId("play"),
        brand_id=BrandId(PLAY_BRAND),
        player_id=PlayerId(PLAY_PLAYERS[0]),
        currency_code="EUR",
        country_code="SE",
        lobby_url="http://127.0.0.1/",
        token=play_token(PLAY_PLAYERS[0]),
    )
    try:
        return str(await adapter.launch_url(session, GameId(tenant.games[0].game_id)))
    finally:
        await adapter.aclose()


def play_token(player_id: str) -> str:
    """Return the session token of a play player."""
    return f"token-{player_id}"


def _operator(provider: str, tenant: Tenant) -> OperatorMock:
    adapter = load_adapter_module(provider).create_adapter({})
    wallet = PlayWallet()
    for player_id in PLAY_PLAYERS:
        wallet.open_player(player_id, "EUR", PLAY_BALANCE_MICROS, play_token(player_id))
    return OperatorMock(adapter, tenant.dialect.credential(tenant, PLAY_BRAND), wallet)


def read_keys(path: Path | None) -> dict[str, dict[str, str]]:
    """Read test keys by provider and name; raises ``ValueError`` for a file that holds something else."""
    if path is None or not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    tables = list(found.values()) if isinstance(found, dict) else [None]
    if not all(isinstance(keys, dict) and all(isinstance(key, str) for key in keys.values()) for keys in tables):
        raise ValueError(f"{path.name} must hold a table of keys for each provider")
    return dict(found)


def _write_keys(path: Path | None, keys: dict[str, dict[str, str]]) -> None:
    """Keep keys for the next start; readable by their owner alone."""
    if path is None:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys, file, indent=2)
