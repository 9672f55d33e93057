"""A provider's mock, our adapter and a mock operator's wallet in one process: the loop that scenarios play in."""

from typing import Any

import httpx

from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, SessionId
from adapters.contract.rounds import Session
from adapters.mocks.clock import REPEATABLE_START_MS, VirtualClock
from adapters.mocks.host import MockHost, load_adapter_module, load_dialect
from adapters.mocks.link import HttpLink
from adapters.mocks.operator import OperatorMock
from adapters.mocks.play_wallet import PlayWallet
from adapters.mocks.rounds import RoundRun, play_round
from adapters.mocks.server import create_app
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession, Outcome

BRAND_ID = "brand-1"
FIRST_TOKEN = "token-0001"  # noqa: S105 play money
WALLET_URL = f"http://wallet.test/{BRAND_ID}"
MOCK_URL = "http://mock.test"


class Loop:
    """Everything on virtual time; ``wallet`` holds the balances, ``operator`` answers, ``tenant`` is the provider."""

    def __init__(self, provider: str, tenant_id: str = "t1", seed: int = 1) -> None:
        self.dialect = load_dialect(provider)
        self.wallet = PlayWallet()
        self.clock = VirtualClock(REPEATABLE_START_MS)
        self.host = MockHost({provider: self.dialect}, public_url=MOCK_URL)
        self.app = create_app(self.host)
        self.tenant: Tenant = self.host.open_tenant(provider, tenant_id, seed=seed)
        self.tenant.clock = self.clock
        self.tenant.wallet_url = WALLET_URL
        self.adapter: Any = load_adapter_module(provider).create_adapter(
            self.dialect.adapter_config(self.tenant, BRAND_ID), lambda: httpx.ASGITransport(self.app)
        )
        self.operator = OperatorMock(
            self.adapter, self.dialect.credential(self.tenant, BRAND_ID), self.wallet, clock=self.clock
        )
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.operator))
        self.tenant.link = self.host.link = HttpLink(self._http)

    def session(self, player_id: str = "player-1", token: str = FIRST_TOKEN, **facts: Any) -> Session:
        """Return a session of a player as the gateway would have it."""
        return Session(
            session_id=SessionId("session-1"),
            operator_id=OperatorId("operator-1"),
            brand_id=BrandId(BRAND_ID),
            player_id=PlayerId(player_id),
            currency_code=facts.pop("currency_code", "EUR"),
            country_code="SE",
            lobby_url="https://lobby.invalid/",
            token=token,
            **facts,
        )

    async def launch(
        self, balance_micros: int = 100_000_000, player_id: str = "player-1", token: str = FIRST_TOKEN
    ) -> MockSession:
        """Open an account and launch the first game through our adapter; returns the provider's session."""
        session = self.session(player_id, token)
        self.wallet.open_player(player_id, session.currency_code, balance_micros, token)
        url = await self.adapter.launch_url(session, GameId(self.tenant.games[0].game_id))
        return self.tenant.sessions[self.provider_session_id(url)]

    def provider_session_id(self, url: str) -> str:
        """Return the provider's session that a launch address opens."""
        return url.rsplit("/", 1)[-1].partition("?")[0]

    async def play(self, session: MockSession, bet_micros: int, *wins_micros: int, **facts: Any) -> RoundRun:
        """Play one round with forced wins."""
        return await play_round(self.tenant, session, bet_micros, Outcome(wins_micros or (0,), **facts))

    def balance(self, player_id: str = "player-1") -> int:
        """Return the balance that the wallet holds."""
        return self.wallet.player(player_id).balance_micros

    async def aclose(self) -> None:
        """Close what was opened."""
        await self.adapter.aclose()
        await self._http.aclose()
