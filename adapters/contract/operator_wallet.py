"""An operator's own wallet, spoken to over HTTP: what a dialect of it renders and reads. Pure, as an adapter is.

Here we are the provider: bets, wins and rollbacks go out, and the answer's class decides whether money moves again.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from adapters.contract.wallet_calls import ActionKind, OutcomeCode


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of a player's money at the operator, under our transaction id."""

    kind: ActionKind
    transaction_id: str
    player_id: str
    currency_code: str
    amount_micros: int = 0
    reference_transaction_id: str = ""
    """The bet that a win answers, or what a rollback undoes."""
    game_id: str = ""
    round_id: str = ""
    session_id: str = ""
    closes_round: bool = False
    free: bool = False
    reference_kind: ActionKind = ActionKind.BET
    id_scope: str = ""
    """Brand and provider, within which transaction and round ids are unique: part of every id at the operator, whose
    ids have no such parts. Empty: the movement is older than this field, and so are its ids there."""


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """One HTTP request, byte for byte; ``path`` is below the operator's base address."""

    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    method: str = "POST"
    answer_mark: bytes = b""
    """What an answer with HTTP 200 must carry to be the answer to this request: an echoed id. Empty: nothing."""


class AnswerClass(StrEnum):
    """How an answer must be read."""

    DONE = "done"
    REFUSED = "refused"
    """Certain and final: nothing moved, and a repeat would be refused again."""
    UNCERTAIN = "uncertain"
    """It may or may not have moved: a bet is rolled back, anything else repeated."""


@dataclass(frozen=True, slots=True)
class OperatorAnswer:
    """An answer, read: ``code`` in our words, ``operator_code`` in the protocol's."""

    answer_class: AnswerClass
    code: OutcomeCode
    operator_code: str = ""
    balance_micros: int | None = None
    operator_transaction_id: str = ""


class OperatorWalletDialect(Protocol):
    """How one protocol says it. Raises ``InvalidCall`` for an amount that the protocol cannot carry exactly."""

    def render(self, movement: Movement, attempt: int, now_ms: int) -> OperatorCall:
        """Make the signed request; every attempt of a movement carries the same transaction id, which no other has."""
        ...

    def render_balance(self, player_id: str, currency_code: str, session_id: str, now_ms: int) -> OperatorCall:
        """Make the signed question for a balance."""
        ...

    def read(self, kind: ActionKind | None, currency_code: str, status: int, body: bytes) -> OperatorAnswer:
        """Read an answer (``None``: to a question for a balance); what cannot be read is UNCERTAIN."""
        ...
