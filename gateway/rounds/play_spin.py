"""The use case behind ``Spin``: checks session and catalogue, then plays by the provider's settlement mode."""

from collections.abc import Mapping
from typing import Protocol

from adapters.contract.currencies import EXPONENTS
from adapters.contract.manifest import Capability, SettlementMode
from gateway.errors import (
    BetLimit,
    CapabilityNotSupported,
    CurrencyMismatch,
    CurrencyUnknown,
    GameNotEnabled,
    GameUnknown,
    GatewayError,
    PermissionDenied,
    SessionExpired,
)
from gateway.rounds.play_steps import StepReader
from gateway.rounds.ports import CatalogueGame, Clock, GameCatalogue, SpinAnswer, SpinCommand, WalletPort


class Play(Protocol):
    """One settlement mode."""

    async def first_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play step 0."""
        ...

    async def later_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play a step after it."""
        ...


class PlaySpin:
    """Plays one step of a round, once per (round, step)."""

    def __init__(
        self, catalogue: GameCatalogue, wallet: WalletPort, clock: Clock, plays: Mapping[SettlementMode, Play]
    ) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._plays = plays
        self._steps = StepReader(wallet)

    async def __call__(self, command: SpinCommand) -> SpinAnswer:
        """Return what the step came to; raises a ``GatewayError`` that says whether money may have moved."""
        refuse_ended(command, self._clock.now_ms())
        game = self._game_of(command)
        play = self._plays.get(game.manifest.settlement_mode)
        if play is None or Capability.SPIN not in game.manifest.capabilities:
            raise CapabilityNotSupported("the game is played through its launch_url only")
        if command.step:
            return await play.later_step(command, game)
        refusal = self._refusal(command, game)
        if refusal is None:
            return await play.first_step(command, game)
        stored = await self._steps.find(command, game)
        if stored is None:
            raise refusal.uncertain()  # the catalogue may have changed after a first try, which may be on its way yet
        return stored

    def _game_of(self, command: SpinCommand) -> CatalogueGame:
        game = self._catalogue.find(command.game_id)
        if game is None:
            raise GameUnknown("no such game", field="game_id").uncertain()  # as above: it may have been there before
        if command.game_id != command.session.game_id:
            raise PermissionDenied("the session is for another game")
        if command.currency_code and command.currency_code != command.session.currency_code:
            if command.currency_code not in EXPONENTS:
                raise CurrencyUnknown("no such currency", field="stake.currency_code")
            raise CurrencyMismatch("the session plays in another currency", field="stake.currency_code")
        return game

    def _refusal(self, command: SpinCommand, game: CatalogueGame) -> GatewayError | None:
        """Say why a new round may not begin; a round that was begun before goes on regardless."""
        session = command.session
        cause = self._catalogue.why_not(game, session.brand_id, session.country_code)
        if cause is not None:
            return GameNotEnabled("the game is switched off", cause=cause)
        if not game.offers_currency(session.currency_code):
            return CurrencyMismatch("the game is not played in this currency", field="stake.currency_code")
        if not game.offers_stake(session.currency_code, command.stake_micros or 0):
            return BetLimit("the game does not offer this stake", field="stake.micros")
        if command.bet_mode and command.bet_mode not in game.bet_modes:
            return BetLimit("the game does not offer this bet mode", field="bet_mode")
        if command.line_count > game.game.line_count:
            return BetLimit("the game does not have as many lines", field="line_count")
        return None


def refuse_ended(command: SpinCommand, now_ms: int) -> None:
    """Return while the session may bet; raises ``SessionExpired``."""
    session = command.session
    if session.closed or session.expire_time_ms <= now_ms:
        raise SessionExpired("the session is over; open a new one")
