"""A movement at an operator as it is recorded here, and the life that it leads."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.contract.operator_wallet import Movement
from adapters.contract.wallet_calls import ActionKind, OutcomeCode


class MovementState(StrEnum):
    """Where a movement stands.

    ::

        bet:       SENDING -> BOOKED | REFUSED | UNDOING -> UNDONE
        the rest:  PREPARED -> DUE -> ACKNOWLEDGED | REJECTED,   or PREPARED -> VOID -> PREPARED
    """

    SENDING = "sending"
    """Written down before it is sent; found like this after a crash, the ledger tells whether it stands."""
    BOOKED = "booked"
    """The operator took it, and the ledger here has it."""
    REFUSED = "refused"
    """The operator certainly did not take it; the answer is the answer for ever."""
    UNDOING = "undoing"
    """It does not stand: a rollback goes out until it is acknowledged."""
    UNDONE = "undone"
    PREPARED = "prepared"
    """Written down before the ledger here books it."""
    DUE = "due"
    """Booked here: it goes out until it is acknowledged."""
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    """The operator finally refused what is booked here: a person must look."""
    VOID = "void"
    """Not booked here, so never sent, unless it comes again."""


OPEN_STATES = frozenset({MovementState.SENDING, MovementState.UNDOING, MovementState.PREPARED, MovementState.DUE})
"""What the worker has to end."""


@dataclass(frozen=True, slots=True)
class MovementKey:
    """The key of a movement: the same as the key of the transaction in the ledger."""

    brand_id: str
    provider_id: str
    kind: ActionKind
    transaction_id: str


@dataclass(frozen=True, slots=True)
class RecordedMovement:
    """One movement with its state; ``code`` and ``balance_micros`` are of the operator's last answer."""

    key: MovementKey
    movement: Movement
    state: MovementState
    attempt_count: int = 0
    next_time_ms: int = 0
    changed_time_ms: int = 0
    code: OutcomeCode | None = None
    balance_micros: int | None = None
