"""The record of a step: everything that is needed to replay it byte for byte, and the replay itself."""

import json
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.draws import Draw

RECORD_VERSION = 1


def record_bytes(
    game: GameTables,
    tables_hash: str,
    bet: tuple[int, str, int],
    before: tuple[bytes, int, str],
    draws: Sequence[Draw],
    seed: bytes,
    after: tuple[int, bytes, bytes],
) -> bytes:
    """Return the canonical record of a step.

    ``bet`` is (stake, mode, lines), ``before`` (state, step, choice), ``after`` (win, presentation, state).
    """
    stake_micros, mode, line_count = bet
    state, step, choice = before
    win_micros, presentation, state_after = after
    drawn = ",".join([f'["{purpose}",{_ranges(ranges)},{_numbers(values)}]' for purpose, ranges, values in draws])
    outcome = sha256(presentation + b"\n" + state_after).hexdigest()
    return (
        f'{{"bet":{{"line_count":{line_count},"mode":"{mode}","stake_micros":{stake_micros}}}'
        f',"choice":{_text(choice)},"draws":[{drawn}],"game":"{game.game_hash}","outcome":"{outcome}"'
        f',"seed":"{seed.hex()}","state":{_text(state.decode())},"step":{step},"tables":"{tables_hash}"'
        f',"v":{RECORD_VERSION},"win_micros":{win_micros}}}'
    ).encode()


def canonical(fields: dict[str, str]) -> bytes:
    """Put fields that are already JSON together, in the order of their names."""
    members = [f'"{key}":{fields[key]}' for key in sorted(fields)]
    return f"{{{','.join(members)}}}".encode()


def _text(value: str) -> str:
    return json.dumps(value) if value else '""'


def _numbers(values: tuple[int, ...]) -> str:
    return _list_format(len(values)) % values


@lru_cache(maxsize=512)
def _list_format(length: int) -> str:
    return f"[{','.join(['%d'] * length)}]"


_ranges = lru_cache(maxsize=4096)(_numbers)
"""The ranges of a game's draws are the same round after round."""
