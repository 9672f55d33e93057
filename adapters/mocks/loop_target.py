"""What scenarios play against: the mock operator's wallet in this process."""

from adapters.contract.free_rounds import FreeRoundsGrant
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId
from adapters.contract.wallet_calls import OutcomeCode
from adapters.mocks.loop import BRAND_ID, Loop
from adapters.mocks.scenario import seed_of
from adapters.mocks.scenario_words import GrantWords, OperatorWords, Scenario
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.mocks.words import micros_of, span_ms_of

PLAYER_ID = "player-1"


class LoopTarget:
    """The closed loop as the target of scenarios."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._grant_id = GrantId("grant-1")
        self._game_id = ""

    async def launch(self, scenario: Scenario, tenant: Tenant) -> MockSession:
        """Open the account, launch through our adapter."""
        given, loop = scenario.given, self._loop
        loop.wallet.open_player(PLAYER_ID, given.currency, micros_of(given.balance), "token-0001")
        self._game_id = given.game or tenant.games[0].game_id
        session = loop.session(PLAYER_ID, currency_code=given.currency, demo=given.demo)
        url = await loop.adapter.launch_url(session, GameId(self._game_id))
        return tenant.sessions[loop.provider_session_id(url)]

    async def balance_micros(self) -> int:
        """Return the balance."""
        return self._loop.balance(PLAYER_ID)

    def told_micros(self, balance_micros: int) -> int:
        """Return the balance as it was told."""
        return balance_micros

    async def operate(self, words: OperatorWords) -> None:
        """Let an event happen."""
        wallet = self._loop.wallet
        wallet.player(PLAYER_ID).blocked |= words.block_player
        if words.expire_token:
            wallet.expire_tokens(PLAYER_ID)
        if words.rotate_token:
            wallet.rotate_token(PLAYER_ID, "token-0002")
        if words.disable_game:
            wallet.disabled_games.add(self._game_id)
        if words.outage is not None:
            wallet.refuse_with = OutcomeCode.UNAVAILABLE if words.outage else None

    async def grant(self, words: GrantWords) -> None:
        """Grant free rounds."""
        now_ms = self._loop.clock.now_ms()
        await self._loop.adapter.grant_free_rounds(
            FreeRoundsGrant(
                grant_id=self._grant_id,
                brand_id=BrandId(BRAND_ID),
                player_id=PlayerId(PLAYER_ID),
                game_ids=(GameId(self._game_id),),
                currency_code="EUR",
                stake_micros=micros_of(words.bet),
                count=words.count,
                valid_from_ms=now_ms,
                valid_until_ms=now_ms + span_ms_of(words.valid),
            )
        )

    async def cancel_grant(self) -> None:
        """Cancel the grant."""
        await self._loop.adapter.cancel_free_rounds(BRAND_ID, self._grant_id)


def loop_for(scenario: Scenario) -> Loop:
    """Return a closed loop whose ids are the scenario's own."""
    return Loop(scenario.provider, seed=seed_of(scenario.name))
