"""What the rows of one round add up to, and whether a row's posting fits its kind: the audit's own arithmetic."""

from dataclasses import dataclass, field

from wallet.ledger.chain import seals_in, state_seal, version_seal
from wallet.ledger.kinds import ADMIN_KINDS, FLAG_CLOSES_ROUND, FLAG_OPENS_ROUND
from wallet.ledger.state import Round
from wallet.ledger.types import JournalRow

_LETTERS = {"bet": "b", "win": "w", "jackpot_win": "j"}
_OF_ROUND = frozenset({*_LETTERS, "close"})


@dataclass(slots=True)
class SpannedRound(Round):
    """A stored round with the two columns that bound the journal rows which moved it."""

    first_sequence: int = 0
    last_sequence: int = 0


def belongs_to_round(row: JournalRow) -> bool:
    """Say whether the row changes its round; a promo win and its rollback only mention one."""
    return row.kind in _OF_ROUND or row.reference_kind in _LETTERS


@dataclass(slots=True)
class RoundSum:
    """Totals and legs of a round, from its accepted rows in order."""

    currency_code: str
    bet: int = 0
    win: int = 0
    rolled_back: int = 0
    reversed_win: int = 0
    contribution: int = 0
    free_bet: int = 0
    opened_ms: int = 0
    closed_ms: int = 0
    is_open: bool = False
    legs: list[tuple[str, str, str]] = field(default_factory=list)
    game_id: str = ""
    updated_ms: int = 0
    version_seal: bytes = b""
    state_seal: bytes = b""
    first_sequence: int = 0
    last_sequence: int = 0

    def read(self, row: JournalRow) -> str:
        """Add one row that moves the round; returns what is wrong with it, or nothing."""
        problem = self._read_flags(row)
        self.updated_ms, self.last_sequence = row.time_ms, row.sequence
        letter = _LETTERS.get(row.kind, "")
        if row.kind == "bet":
            if row.grant_id:
                self.free_bet += row.amount_micros
            else:
                self.bet += row.amount_micros
            self.contribution += row.jackpot_contribution_micros
            self.legs.append((letter, row.transaction_id, ""))
        elif letter:
            self.win += row.amount_micros
            self.legs.append((letter, row.transaction_id, row.reference_transaction_id))
        elif row.kind == "rollback":
            problem = self._read_rollback(row) or problem
        self._read_seals(row)
        return problem

    def read_beside(self, row: JournalRow) -> str:
        """Read what an accepted row says of the round though it moves nothing in it: a close, a new state."""
        problem = "" if row.kind == "promo_win" else self._read_flags(row)
        if seals_in(row.fingerprint)[1]:
            self.updated_ms = row.time_ms
            self._read_seals(row)
        return problem

    def _read_seals(self, row: JournalRow) -> None:
        version, state = seals_in(row.fingerprint)
        if row.flags & FLAG_OPENS_ROUND:
            self.version_seal = version
        self.state_seal = state or self.state_seal

    def _read_flags(self, row: JournalRow) -> str:
        if row.currency_code != self.currency_code:
            return f"the round is in {self.currency_code}"
        if row.flags & FLAG_OPENS_ROUND:
            if self.legs:
                return "the round was opened before"
            self.is_open, self.opened_ms = True, row.time_ms
            self.game_id, self.first_sequence = row.game_id, row.sequence
        elif row.kind == "bet" and not self.is_open and self.legs[:1] and self.legs[0][0] in "bB":  # no win ran ahead
            return "a bet in a round that is not open"
        if row.flags & FLAG_CLOSES_ROUND:
            if not self.is_open:
                return "a close of a round that is not open"
            self.is_open, self.closed_ms = False, row.time_ms
        return ""

    def _read_rollback(self, row: JournalRow) -> str:
        letter = _LETTERS.get(row.reference_kind)
        if letter is None:
            return ""
        for index, (leg, transaction_id, reference) in enumerate(self.legs):
            if leg == letter and transaction_id == row.reference_transaction_id:
                self.legs[index] = (letter.upper(), transaction_id, reference)
                break
        else:
            return "a rollback of what is not in the round"
        self.contribution += row.jackpot_contribution_micros  # negative: what the bet had put aside
        if letter != "b":
            self.reversed_win += row.amount_micros
        elif row.grant_id:
            self.free_bet -= row.amount_micros
        else:
            self.rolled_back += row.amount_micros
        return ""

    def fields(self) -> tuple[tuple[str, object], ...]:
        """Return what the round's row must say."""
        legs = "".join(f";{leg}{name}{'>' + reference if reference else ''}" for leg, name, reference in self.legs)
        return (
            ("currency_code", self.currency_code),
            ("game_id", self.game_id),
            ("bet_micros", self.bet),
            ("win_micros", self.win),
            ("rolled_back_micros", self.rolled_back),
            ("reversed_win_micros", self.reversed_win),
            ("free_bet_micros", self.free_bet),
            ("jackpot_contribution_micros", self.contribution),
            ("status", "open" if self.is_open else "closed"),
            ("opened_time_ms", self.opened_ms),
            ("closed_time_ms", self.closed_ms),
            ("updated_time_ms", self.updated_ms),
            ("legs", f"{legs};" if legs else ""),
        )

    def sealed_fields(self, round_: Round) -> tuple[tuple[str, bytes, bytes], ...]:
        """Return (field, the seal that the journal has, the seal of what the round says)."""
        version, state = round_.game_version, round_.state
        stateless = not self.state_seal and not state
        return (
            ("game_version", self.version_seal, version_seal(version) if version else b""),
            ("state", self.state_seal, b"" if stateless else state_seal(state)),
        )


def posting_problem(row: JournalRow) -> str:
    """Say what is wrong between a row's outcome, its amount and what it moved; nothing when all is well."""
    cash, bonus = row.cash_delta_micros, row.bonus_delta_micros
    reserved, owed = row.reserved_delta_micros, row.receivable_delta_micros
    net = cash + bonus + reserved - owed
    if row.code != "ok":
        return "a row without effect moved money" if (cash, bonus, reserved, owed) != (0, 0, 0, 0) else ""
    if net and not row.house_account:
        return "money moved without a house account on the other side"
    if row.reserved_delta_micros and row.kind not in ("withdraw_reserve", "withdraw_confirm", "withdraw_cancel"):
        return "only withdrawals touch what is reserved"
    expected: dict[str, int] = {
        "bet": 0 if row.grant_id else -row.amount_micros,
        "win": row.amount_micros,
        "jackpot_win": row.amount_micros,
        "promo_win": row.amount_micros,
        "deposit": row.amount_micros,
        "adjust": row.amount_micros,
        "close": 0,
        **dict.fromkeys(ADMIN_KINDS, 0),
        "withdraw_reserve": 0,
        "withdraw_cancel": 0,
        "withdraw_confirm": -row.amount_micros,
    }
    if row.kind == "rollback":
        is_bet = row.reference_kind == "bet"
        expected["rollback"] = 0 if row.grant_id else (row.amount_micros if is_bet else -row.amount_micros)
    if row.kind not in expected:
        return "a kind of action that does not exist"
    return "it moved another amount than it says" if expected[row.kind] != net else ""
