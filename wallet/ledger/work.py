"""The working set of one command: copies of the rows that it may change, and the one place where rows are made.

Nothing here is seen outside until the whole command was accepted; a refused one drops its ``Work``.
"""

from typing import NamedTuple

from wallet.ledger.chain import Body, fingerprint_of, link, seal_of
from wallet.ledger.ids import GrantKey, RoundKey, TransactionKey
from wallet.ledger.kinds import (
    DEMO_PREFIX,
    FLAG_CLOSES_ROUND,
    FLAG_OPENS_ROUND,
    KIND_NAMES,
    AccountStatus,
    OutcomeCode,
    RoundStatus,
)
from wallet.ledger.policy import Policy
from wallet.ledger.state import Account, Grant, Round, State
from wallet.ledger.types import Action, ActionResult, Command, JournalRow, NoteRow

CODES = {code.value: code for code in OutcomeCode}
OPEN = RoundStatus.OPEN.value
CLOSED = RoundStatus.CLOSED.value
_OK = OutcomeCode.OK.value
_CONFIRM = "withdraw_confirm"
_UNKNOWN = AccountStatus.UNKNOWN.value
_new = tuple.__new__  # ``_make`` is one Python call more


class Posting(NamedTuple):
    """What a row moves on the player's side, and the house account that is the other side."""

    cash_micros: int = 0
    bonus_micros: int = 0
    reserved_micros: int = 0
    receivable_micros: int = 0
    house_account: str = ""


NOTHING = Posting()


class Refusal(NamedTuple):
    """Why an action was not done. ``stored`` when it repeats a stored answer."""

    code: OutcomeCode
    field: str = ""
    reason: str = ""
    stored: JournalRow | None = None


class Work:
    """One command being decided: it owns copies, and everything that must be written if it is accepted."""

    __slots__ = (
        "account", "closing", "command", "grants", "new_rows", "notes", "policy", "resolutions", "rounds", "rows",
        "state", "unit_size",
    )  # fmt: skip

    def __init__(self, state: State, command: Command, policy: Policy, account: Account) -> None:
        self.state = state
        self.command = command
        self.policy = policy
        self.account = account
        self.closing = False
        self.unit_size = 0
        self.rows: list[JournalRow] = []
        self.notes: list[NoteRow] = []
        self.new_rows: dict[TransactionKey, JournalRow] = {}
        self.rounds: dict[RoundKey, Round] = {}
        self.grants: dict[GrantKey, Grant] = {}
        self.resolutions: dict[TransactionKey, JournalRow] = {}

    def find(self, key: TransactionKey) -> JournalRow | None:
        """Return the row under ``key``: of this very command, or stored."""
        if self.new_rows and (row := self.new_rows.get(key)) is not None:
            return row
        return self.state.transactions.get(key)

    def find_resolution(self, key: TransactionKey) -> JournalRow | None:
        """Return the row that undid or ended the transaction under ``key``."""
        return self.resolutions.get(key) or self.state.resolutions.get(key)

    def find_round(self, key: RoundKey) -> Round | None:
        """Return a copy of the round that may be changed."""
        round_ = self.rounds.get(key)
        if round_ is None and (stored := self.state.rounds.get(key)) is not None:
            round_ = self.rounds[key] = stored.copy()
        return round_

    def see_round(self, key: RoundKey) -> Round | None:
        """Return the round as it stands, to be read only."""
        return self.rounds.get(key) or self.state.rounds.get(key)

    def find_grant(self, key: GrantKey) -> Grant | None:
        """Return a copy of the grant that may be changed."""
        grant = self.grants.get(key)
        if grant is None and (stored := self.state.grants.get(key)) is not None:
            grant = self.grants[key] = stored.copy()
        return grant

    def write(self, action: Action, posting: Posting, round_: Round | None = None, flags: int = 0) -> JournalRow:
        """Write the row of an accepted action as it was asked: the hot path."""
        command, account = self.command, self.account
        if round_ is None:
            round_id = command.round_id
        else:
            round_id = round_.round_id
            if self.closing and round_.status == OPEN:
                flags |= self.close_round(round_)
            if flags & FLAG_OPENS_ROUND:
                account.open_round_count += 1
        cash, bonus, reserved, receivable, house = posting
        account.cash_micros = cash_after = account.cash_micros + cash
        account.bonus_micros = bonus_after = account.bonus_micros + bonus
        account.reserved_micros += reserved
        account.receivable_micros += receivable
        if account.demo and house:
            house = demo_account(house)
        kind = action.kind
        name = KIND_NAMES[kind]
        account.sequence = sequence = account.sequence + 1
        body = (
            command.brand_id, command.player_id, command.currency_code, sequence, command.provider_id, name,
            action.transaction_id, round_id, command.game_id, _OK, action.amount_micros, action.bonus_micros, "",
            action.reference_transaction_id, action.grant_id, action.jackpot_contribution_micros, action.jackpot_id,
            cash, bonus, reserved, receivable, house, cash_after, bonus_after, flags,
            self.unit_size if not self.rows else 0, "", action.reason, action.author, command.now_ms,
        )  # fmt: skip
        return self._append(action, body, action.detail)

    def write_as(
        self,
        action: Action,
        posting: Posting = NOTHING,
        *,
        code: str = _OK,
        key: TransactionKey | None = None,
        round_: Round | None = None,
        flags: int = 0,
        amount_micros: int = 0,
        reference_kind: str = "",
        grant_id: str = "",
        contribution_micros: int = 0,
        field: str = "",
        reason: str = "",
    ) -> JournalRow:
        """Write a row that says more or other than its action: a refusal, a rollback, a tombstone under ``key``."""
        command, account = self.command, self.account
        if self.closing and round_ is not None:
            flags |= self.close_round(round_)
        cash, bonus, reserved, receivable, house = posting
        account.cash_micros += cash
        account.bonus_micros += bonus
        account.reserved_micros += reserved
        account.receivable_micros += receivable
        if account.demo and house:
            house = demo_account(house)
        account.sequence += 1
        kind, transaction_id, reference, detail = (
            (KIND_NAMES[action.kind], action.transaction_id, action.reference_transaction_id, action.detail)
            if key is None
            else (key[2], key[3], action.transaction_id, b"")
        )
        body = (
            command.brand_id, command.player_id, command.currency_code, account.sequence, command.provider_id, kind,
            transaction_id, round_.round_id if round_ is not None else command.round_id, command.game_id, code,
            amount_micros, action.bonus_micros, reference_kind, reference, grant_id, contribution_micros,
            action.jackpot_id, cash, bonus, reserved, receivable, house, account.cash_micros, account.bonus_micros,
            flags, self.unit_size if not self.rows else 0, field, reason or action.reason, action.author,
            command.now_ms,
        )  # fmt: skip
        return self._append(action, body, detail)

    def _append(self, action: Action, body: Body, detail: bytes) -> JournalRow:
        command, account = self.command, self.account
        fingerprint = fingerprint_of(command, action)
        opens_round = body[24] & FLAG_OPENS_ROUND
        if command.round_state is not None or (opens_round and command.game_version):
            fingerprint += seal_of(command, opens_round=opens_round != 0)
        account.chain_head = head = link(account.chain_head, body, detail, fingerprint)
        row = _new(JournalRow, (*body, detail, fingerprint, head))
        self.rows.append(row)
        self.new_rows[(body[0], body[4], body[5], body[6])] = row
        return row

    def is_out_of_grace(self, round_: Round, late_bet: JournalRow | None = None) -> bool:
        """Say whether the round is closed for longer than late messages of it are waited for.

        What follows a bet that came late itself is waited for as long from that bet on: it can be undone and won.
        """
        since_ms = round_.closed_time_ms if late_bet is None else max(round_.closed_time_ms, late_bet.time_ms)
        return round_.status == CLOSED and self.command.now_ms - since_ms > self.policy.late_win_grace_ms

    def close_round(self, round_: Round) -> int:
        """Close the round if it is open; returns the flag for the row that does it."""
        if round_.status == CLOSED:
            return 0
        round_.status = CLOSED
        round_.closed_time_ms = self.command.now_ms
        self.account.open_round_count -= 1
        return FLAG_CLOSES_ROUND

    def note(self, action: Action, refusal: Refusal | None, replayed: bool) -> None:
        """Leave a note of an action that wrote no row."""
        command = self.command
        self.notes.append(
            NoteRow(
                command.brand_id,
                command.player_id,
                command.currency_code,
                command.provider_id,
                command.round_id,
                KIND_NAMES[action.kind],
                action.transaction_id,
                refusal.code.value if refusal else _OK,
                replayed,
                refusal.field if refusal else "",
                refusal.reason if refusal else "",
                command.now_ms,
            )
        )


def result_of(row: JournalRow, replayed: bool) -> ActionResult:
    """Say the answer that a row stores: the same for the first answer and for every replay."""
    cash, bonus = row.cash_delta_micros, row.bonus_delta_micros
    kind = row.kind
    moved = row.amount_micros if kind == _CONFIRM else abs(cash + bonus - row.receivable_delta_micros)
    return _new(ActionResult, (
        CODES[row.code], row.transaction_id, row.chain_head[:16].hex(), moved, abs(bonus),
        row.cash_micros + row.bonus_micros, replayed, row.time_ms, row.field, row.reason, row.detail, kind,
    ))  # fmt: skip


def demo_account(house_account: str) -> str:
    """Name the account of play money that mirrors a house account."""
    return DEMO_PREFIX + house_account.rpartition(":")[2]


def is_unknown(account: Account) -> bool:
    """Say whether nobody has opened this account."""
    return account.status == _UNKNOWN
