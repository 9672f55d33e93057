"""The state of a round between its steps: small canonical bytes with a version, readable anywhere."""

import json
from dataclasses import dataclass, field

from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.errors import StateRefused

STATE_VERSION = 1
STATE_BYTES_MAX = 16_384
GAME_HASH_CHARS = 16


@dataclass(slots=True)
class RoundState:
    """What is still to be played, the next last: [stage, plays left]; what was won so far, in pay units."""

    step: int = 0
    won: int = 0
    pending: list[tuple[str, int]] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    last: str = ""
    """The stage that is being played; not kept."""

    def push(self, stage: str, plays: int) -> None:
        """Add plays of a stage on top of what is pending."""
        if self.pending and self.pending[-1][0] == stage:
            plays += self.pending.pop()[1]
        self.pending.append((stage, plays))

    def pop(self) -> str:
        """Take one play off the top."""
        stage, plays = self.pending.pop()
        self.last = stage
        if plays > 1:
            self.pending.append((stage, plays - 1))
        return stage


def encode_state(game: GameTables, state: RoundState) -> bytes:
    """Return the canonical bytes of a state; empty when nothing is pending."""
    if not state.pending:
        return b""
    document = {
        "facts": state.facts,
        "game": game.game_hash[:GAME_HASH_CHARS],
        "pending": state.pending,
        "step": state.step,
        "v": STATE_VERSION,
        "won": state.won,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def decode_state(game: GameTables, content: bytes) -> RoundState:
    """Read a state; raises StateRefused when it is not one of this game."""
    if len(content) > STATE_BYTES_MAX:
        raise StateRefused("the state is too large")
    try:
        document = json.loads(content)
        version, of_game = document["v"], document["game"]
        pending = [(str(stage), int(plays)) for stage, plays in document["pending"]]
        facts = {str(key): int(value) for key, value in document["facts"].items()}
        state = RoundState(int(document["step"]), int(document["won"]), pending, facts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateRefused("the state cannot be read") from error
    if version != STATE_VERSION:
        raise StateRefused(f"state version {version} is not known")
    if of_game != game.game_hash[:GAME_HASH_CHARS]:
        raise StateRefused("the state is of another game or version of it")
    return state
