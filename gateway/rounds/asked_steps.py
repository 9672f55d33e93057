"""A later step that a provider was asked for: written down before the question, so that no lost answer is forgotten.

The mark is the round's state itself (``AskedStep`` around the ``RoundState`` before), put there under the key of the
attempt. What ends the attempt, its outcome or its being taken back, comes under one other key: the first of them
counts, and the one that comes too late is answered with nothing.
"""

from struct import Struct
from typing import NamedTuple

from adapters.contract.ids import TransactionId
from gateway.rounds.ports import WalletRound
from gateway.rounds.records import RecordUnreadable, RoundState

_HEAD = Struct("<BqHHH")
_VERSION = 2
"""Told apart from ``RoundState``, whose first byte is 1."""
ATTEMPTS_MAX = 36
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class AskedStep(NamedTuple):
    """What was asked, and when; ``state`` is the round's before."""

    asked_time_ms: int
    attempt: int
    choice: str
    session_id: str
    state: bytes

    def encode(self) -> bytes:
        """Return the bytes."""
        choice, session_id = self.choice.encode(), self.session_id.encode()
        head = _HEAD.pack(_VERSION, self.asked_time_ms, self.attempt, len(choice), len(session_id))
        return head + choice + session_id + self.state


def asked_step(state: bytes) -> AskedStep | None:
    """Return the step that was asked for and has no outcome yet; raises ``RecordUnreadable`` when it was cut."""
    if not state or state[0] != _VERSION:
        return None
    if len(state) < _HEAD.size:
        raise RecordUnreadable("the asked step was cut")
    _, asked_time_ms, attempt, choice_length, session_length = _HEAD.unpack_from(state)
    session_start = _HEAD.size + choice_length
    end = session_start + session_length
    if end > len(state):
        raise RecordUnreadable("the asked step was cut")
    choice, session_id = state[_HEAD.size : session_start].decode(), state[session_start:end].decode()
    return AskedStep(asked_time_ms, attempt, choice, session_id, state[end:])


def round_state(state: bytes) -> RoundState:
    """Return how the round goes on, whether or not its next step was asked for."""
    asked = asked_step(state)
    return RoundState.decode(state if asked is None else asked.state)


def attempts_of(stored: WalletRound, step: int) -> int:
    """Return how often a provider was asked for a step and certainly did not play it."""
    keys = {ask_id(stored.ref.round_id, step, attempt) for attempt in range(ATTEMPTS_MAX)}
    return sum(row.transaction_id in keys for row in stored.transactions)


def ask_id(round_id: str, step: int, attempt: int) -> TransactionId:
    """Return the key under which an attempt begins."""
    return TransactionId(f"{round_id}:{step}:a{_DIGITS[attempt]}")


def answer_id(round_id: str, step: int, attempt: int) -> TransactionId:
    """Return the key under which an attempt ends, one way or the other."""
    return TransactionId(f"{round_id}:{step}:n{_DIGITS[attempt]}")
