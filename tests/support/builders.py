"""Small things that tests of the gateway need, with defaults that are right unless a test says otherwise."""

from dataclasses import replace
from typing import Any

from adapters.contract.games import BetMode, Game
from adapters.contract.ids import AdapterId, BrandId, GameId, OperatorId, PlayerId, ProviderId, SessionId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from gateway.rounds.ports import PlayerSession, SpinCommand
from gateway.sessions.tokens import hash_of
from tests.support.fakes import FakeClock

GAME_ID = "acme:fruit"
STAKE_MICROS = 1_000_000
TOKEN = "player-token"


def a_game(**fields: Any) -> Game:
    """A game with three stakes, five lines and an ante mode."""
    game = Game(
        GameId("fruit"),
        "Fruit",
        "Acme Studio",
        game_version="v1",
        stakes_micros=(500_000, 1_000_000, 2_000_000),
        line_count=5,
        bet_modes=(BetMode("ante", "Ante", 1_250_000),),
    )
    return replace(game, **fields)


def a_manifest(mode: SettlementMode = SettlementMode.ATOMIC, **fields: Any) -> Manifest:
    """A manifest with every capability of gateway-driven play."""
    manifest = Manifest(
        AdapterId("acme-adapter"),
        ProviderId("acme"),
        "Acme",
        "1.0",
        frozenset({Capability.SPIN, Capability.ROUND_LOOKUP, Capability.MULTI_STEP, Capability.DEMO}),
        mode,
        win_multiplier_max=1_000,
    )
    return replace(manifest, **fields)


def a_session(clock: FakeClock, **fields: Any) -> PlayerSession:
    """An open session of one hour."""
    session = PlayerSession(
        SessionId("session-1"),
        OperatorId("operator-1"),
        BrandId("brand-1"),
        PlayerId("player-1"),
        GAME_ID,
        "EUR",
        False,
        clock.now_ms(),
        clock.now_ms() + 3_600_000,
        token_hash=hash_of(TOKEN),
    )
    return replace(session, **fields)


def a_spin(session: PlayerSession, **fields: Any) -> SpinCommand:
    """Step 0 at one unit of stake."""
    command = SpinCommand(session, "round-1", GAME_ID, STAKE_MICROS, "EUR")
    return replace(command, **fields)
