"""The bytes that the gateway stores with a round: compact, versioned, and its own (no proto, no JSON, no pickle).

Three records: ``BetRecord`` with the bet (what was asked), ``StepRecord`` with the win of each step (what came of it),
``RoundState`` with the round while it is open (how to go on).
"""

from struct import Struct
from typing import NamedTuple

from adapters.contract.fair import FairTerms

_BET = Struct("<Bqi")
_STEP = Struct("<BHBqqq")
_STATE = Struct("<BHqiq")
_LENGTH = Struct("<I")
_NOTHING = _LENGTH.pack(0)
_VERSION = 1
_FAIR_VERSION = 2
"""A step record that carries the terms of a provably fair round before its choices."""


class RecordUnreadable(ValueError):
    """The bytes are not a record of this version."""


class BetRecord(NamedTuple):
    """What step 0 asked for, beyond what the wallet's own fields say."""

    stake_micros: int
    line_count: int
    bet_mode: str

    def encode(self) -> bytes:
        """Return the bytes."""
        return _BET.pack(_VERSION, self.stake_micros, self.line_count) + self.bet_mode.encode()

    @classmethod
    def decode(cls, data: bytes) -> "BetRecord":
        """Read the bytes; raises ``RecordUnreadable``."""
        if len(data) < _BET.size or data[0] != _VERSION:
            raise RecordUnreadable("not a bet record")
        _, stake_micros, line_count = _BET.unpack_from(data)
        return cls(stake_micros, line_count, data[_BET.size :].decode())


class StepRecord(NamedTuple):
    """What one step came to. ``record`` is for the auditor, ``presentation`` for the game client."""

    step: int
    complete: bool
    bet_micros: int
    win_micros: int
    total_win_micros: int
    choice: str
    game_version: str
    provider_round_id: str
    presentation: bytes
    record: bytes
    choices: tuple[str, ...] = ()
    fair: FairTerms | None = None

    def encode(self) -> bytes:
        """Return the bytes."""
        version = _VERSION if self.fair is None else _FAIR_VERSION
        parts = [
            _STEP.pack(version, self.step, self.complete, self.bet_micros, self.win_micros, self.total_win_micros),
        ]
        terms = () if self.fair is None else _texts_of(self.fair)
        for chunk in (self.presentation, self.record):
            parts += (_LENGTH.pack(len(chunk)), chunk)
        for text in (self.choice, self.game_version, self.provider_round_id, *terms, *self.choices):
            if text:
                chunk = text.encode()
                parts += (_LENGTH.pack(len(chunk)), chunk)
            else:
                parts.append(_NOTHING)
        return b"".join(parts)

    @classmethod
    def decode(cls, data: bytes) -> "StepRecord":
        """Read the bytes; raises ``RecordUnreadable``."""
        if len(data) < _STEP.size or data[0] not in (_VERSION, _FAIR_VERSION):
            raise RecordUnreadable("not a step record")
        _, step, complete, bet_micros, win_micros, total_win_micros = _STEP.unpack_from(data)
        presentation, record, *rest = _chunks(data, _STEP.size)
        choice, game_version, provider_round_id, *choices = (chunk.decode() for chunk in rest)
        fair = None
        if data[0] == _FAIR_VERSION:
            fair, choices = _terms_of(choices[:3]), choices[3:]
        return cls(
            step,
            bool(complete),
            bet_micros,
            win_micros,
            total_win_micros,
            choice,
            game_version,
            provider_round_id,
            presentation,
            record,
            tuple(choices),
            fair,
        )


class RoundState(NamedTuple):
    """How an open round goes on; ``state`` is the adapter's, opaque."""

    next_step: int
    stake_micros: int
    line_count: int
    total_win_micros: int
    bet_mode: str
    state: bytes

    def encode(self) -> bytes:
        """Return the bytes."""
        mode = self.bet_mode.encode()
        head = _STATE.pack(_VERSION, self.next_step, self.stake_micros, self.line_count, self.total_win_micros)
        return head + _LENGTH.pack(len(mode)) + mode + self.state

    @classmethod
    def decode(cls, data: bytes) -> "RoundState":
        """Read the bytes; raises ``RecordUnreadable``."""
        if len(data) < _STATE.size + _LENGTH.size or data[0] != _VERSION:
            raise RecordUnreadable("not a round state")
        _, next_step, stake_micros, line_count, total_win_micros = _STATE.unpack_from(data)
        start = _STATE.size + _LENGTH.size
        end = start + _LENGTH.unpack_from(data, _STATE.size)[0]
        if end > len(data):
            raise RecordUnreadable("the round state was cut")
        return cls(next_step, stake_micros, line_count, total_win_micros, data[start:end].decode(), data[end:])


def is_fair(detail: bytes) -> bool:
    """Say of a stored step, without reading it, whether it is of a provably fair round."""
    return detail[:1] == bytes((_FAIR_VERSION,))


def _texts_of(fair: FairTerms) -> tuple[str, ...]:
    return fair.commitment, fair.client_seed, str(fair.nonce)


def _terms_of(texts: list[str]) -> FairTerms:
    try:
        commitment, client_seed, nonce = texts
        return FairTerms(commitment, client_seed, int(nonce))
    except ValueError as error:
        raise RecordUnreadable("the terms of the fair round are malformed") from error


def _chunks(data: bytes, position: int) -> list[bytes]:
    chunks = []
    while position < len(data):
        start = position + _LENGTH.size
        if start > len(data):
            raise RecordUnreadable("the record was cut")
        position = start + _LENGTH.unpack_from(data, position)[0]
        if position > len(data):
            raise RecordUnreadable("a part is longer than the record")
        chunks.append(data[start:position])
    if len(chunks) < 5:
        raise RecordUnreadable("parts are missing")
    return chunks
