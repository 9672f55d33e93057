"""The audit of one player: replays the journal, link by link, and compares what it comes to with every stored row."""

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from wallet.ledger.admin import standing_of
from wallet.ledger.audit_grants import GrantSum
from wallet.ledger.audit_limits import LimitSum
from wallet.ledger.audit_round import RoundSum, SpannedRound, belongs_to_round, posting_problem
from wallet.ledger.chain import recompute_head
from wallet.ledger.ids import PlayerKey
from wallet.ledger.kinds import FLAG_RESOLVES, STANDING_KINDS, AccountStatus
from wallet.ledger.state import CHAIN_START, Account, Grant, Round
from wallet.ledger.types import JournalRow

_MOVED = ("cash_delta_micros", "bonus_delta_micros", "reserved_delta_micros", "receivable_delta_micros")


class Finding(NamedTuple):
    """One difference: in which table, at which row, in which field, what it should be and what it is."""

    table: str
    key: str
    field: str
    expected: str
    found: str
    words: str


@dataclass(slots=True)
class _AccountSum:
    cash: int = 0
    bonus: int = 0
    reserved: int = 0
    receivable: int = 0
    sequence: int = 0
    head: bytes = CHAIN_START
    seen: bool = False
    standing: bytes = b""
    """What the last row of the operator's decisions says that the account may do."""
    limits: LimitSum = field(default_factory=LimitSum)


@dataclass(slots=True)
class PlayerAudit:
    """All sums of one player while its streams are read: rows first, then what they must add up to."""

    player: PlayerKey
    house: dict[tuple[str, str], int]
    with_standing: bool = True
    findings: list[Finding] = field(default_factory=list)
    _accounts: dict[str, _AccountSum] = field(default_factory=dict)
    _rounds: dict[tuple[str, str], RoundSum] = field(default_factory=dict)
    _amounts: dict[tuple[str, str, str], tuple[str, int] | None] = field(default_factory=dict)
    _named: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    """The sequences of all rows that name a round, by (currency, provider, round)."""
    _grants: dict[tuple[str, str], GrantSum] = field(default_factory=dict)
    _grants_seen: set[tuple[str, str]] = field(default_factory=set)

    def _differs(self, table: str, key: str, name: str, expected: object, found: object, words: str) -> None:
        self.findings.append(Finding(table, key, name, str(expected), str(found), words))

    def read_row(self, row: JournalRow) -> None:
        """Replay one row on its account, its round and its grant."""
        key = f"{'/'.join(row.account_key)}#{row.sequence}"
        total = self._accounts.setdefault(row.currency_code, _AccountSum())
        if row.sequence != total.sequence + 1:
            self._differs("journal", key, "sequence", total.sequence + 1, row.sequence, "the sequence has a gap")
        total.sequence = row.sequence
        head = recompute_head(total.head, row)
        if head != row.chain_head:
            self._differs("journal", key, "chain_head", head.hex(), row.chain_head.hex(), "the chain breaks here")
        total.head = row.chain_head
        self._read_posting(key, total, row)
        self._read_key(key, row)
        if row.kind in STANDING_KINDS:
            total.standing = row.detail
        total.limits.read(row)
        if row.round_id:
            self._read_round(key, row)

    def _read_round(self, key: str, row: JournalRow) -> None:
        round_key = (row.provider_id, row.round_id)
        self._named.setdefault((row.currency_code, *round_key), []).append(row.sequence)
        problem, sums = "", self._rounds.get(round_key)
        if row.code == "ok" and belongs_to_round(row):
            if sums is None:
                sums = self._rounds[round_key] = RoundSum(row.currency_code)
            problem = sums.read(row)
        elif row.code in ("ok", "no_effect") and sums is not None and sums.currency_code == row.currency_code:
            problem = sums.read_beside(row)
        if problem:
            self._differs("journal", key, "round_id", "a legal step", row.kind, problem)

    def _read_posting(self, key: str, total: _AccountSum, row: JournalRow) -> None:
        total.cash += row.cash_delta_micros
        total.bonus += row.bonus_delta_micros
        total.reserved += row.reserved_delta_micros
        total.receivable += row.receivable_delta_micros
        for name, expected, found in (
            ("cash_micros", total.cash, row.cash_micros),
            ("bonus_micros", total.bonus, row.bonus_micros),
        ):
            if expected != found:
                self._differs("journal", key, name, expected, found, "the balance after is not the sum so far")
        for name, value in (("cash", total.cash), ("bonus", total.bonus), ("reserved", total.reserved)):
            if value < 0:
                self._differs("journal", key, f"{name}_micros", "0 or more", value, "a balance went below zero")
        problem = posting_problem(row)
        if problem:
            self._differs("journal", key, "posting", row.amount_micros, [getattr(row, n) for n in _MOVED], problem)
        moved = row.cash_delta_micros + row.bonus_delta_micros + row.reserved_delta_micros
        if row.house_account:
            house_key = (row.currency_code, row.house_account)
            self.house[house_key] = self.house.get(house_key, 0) - (moved - row.receivable_delta_micros)

    def _read_key(self, key: str, row: JournalRow) -> None:
        own = (row.provider_id, row.kind, row.transaction_id)
        if own in self._amounts:
            self._differs("journal", key, "transaction_id", "unique", row.transaction_id, "the key was used before")
        self._amounts[own] = (row.currency_code, row.amount_micros) if row.code == "ok" else None
        if row.grant_id and row.code == "ok":
            problem = self._grants.setdefault((row.currency_code, row.grant_id), GrantSum()).read(row)
            if problem:
                self._differs("journal", key, "grant_id", "a legal step", row.kind, problem)
        if row.flags & FLAG_RESOLVES:
            target = (row.provider_id, row.reference_kind, row.reference_transaction_id)
            amount = self._amounts.get(target)
            if amount != (row.currency_code, row.amount_micros):
                words = "it undoes what is not there, was undone before, or had another amount"
                self._differs("journal", key, "amount_micros", amount, row.amount_micros, words)
            self._amounts[target] = None

    def check_account(self, account: Account) -> None:
        """Compare a stored account with the replay of its journal."""
        key = "/".join(account.key)
        total = self._accounts.setdefault(account.currency_code, _AccountSum())
        total.seen = True
        open_count = sum(
            1 for sums in self._rounds.values() if sums.is_open and sums.currency_code == account.currency_code
        )
        for name, expected, found in (
            ("cash_micros", total.cash, account.cash_micros),
            ("bonus_micros", total.bonus, account.bonus_micros),
            ("reserved_micros", total.reserved, account.reserved_micros),
            ("receivable_micros", total.receivable, account.receivable_micros),
            ("sequence", total.sequence, account.sequence),
            ("chain_head", total.head.hex(), account.chain_head.hex()),
            ("open_round_count", open_count, account.open_round_count),
        ):
            if expected != found:
                self._differs("account", key, name, expected, found, "the account is not the replay of its journal")
        self._check_standing(key, total, account)
        if self.with_standing:
            for name, must, is_, words in total.limits.differences(account.counters):
                self._differs("account", key, name, must, is_, words)

    def _check_standing(self, key: str, total: _AccountSum, account: Account) -> None:
        """Compare what the account may do with what its journal says was decided."""
        words = "no row of the journal decided this"
        if not total.standing:
            is_unknown = account.status == AccountStatus.UNKNOWN
            if is_unknown and (total.cash or total.bonus or total.reserved):
                words = "nobody opened it, yet it holds money"
                self._differs("account", key, "status", "opened", account.status, words)
            elif self.with_standing and not is_unknown:
                self._differs("account", key, "status", AccountStatus.UNKNOWN, account.status, words)
        elif standing_of(account.status, account.limits, demo=account.demo) != total.standing:
            decided = json.loads(total.standing)
            for name in ("status", "limits", "demo"):
                if getattr(account, name) != decided.get(name):
                    self._differs("account", key, name, decided.get(name), getattr(account, name), words)

    def check_round(self, round_: Round) -> None:
        """Compare a stored round with the sum of its rows."""
        key = "/".join(round_.key)
        sums = self._rounds.pop((round_.provider_id, round_.round_id), None)
        if sums is None:
            self._differs("round", key, "round_id", "rows", "none", "no row of the journal belongs to this round")
            return
        for name, expected in sums.fields():
            found = getattr(round_, name)
            if expected != found:
                self._differs("round", key, name, expected, found, "the round is not the sum of its rows")
        for name, seal, own in sums.sealed_fields(round_):
            if seal != own:
                self._differs("round", key, name, seal.hex(), own.hex(), "it does not fit the seal in the journal")
        if isinstance(round_, SpannedRound):
            self._check_span(key, round_, sums)

    def _check_span(self, key: str, round_: SpannedRound, sums: RoundSum) -> None:
        """Its two bounds are rows that name the round, and all rows that moved it lie between."""
        named = self._named.get((sums.currency_code, round_.provider_id, round_.round_id), [])
        first, last = round_.first_sequence, round_.last_sequence
        words = "rows that moved the round would be missed"
        if first not in named or first > sums.first_sequence:
            self._differs("round", key, "first_sequence", sums.first_sequence, first, words)
        if last not in named or last < sums.last_sequence:
            self._differs("round", key, "last_sequence", sums.last_sequence, last, words)

    def check_grant(self, grant: Grant) -> None:
        """Compare a grant's terms and use with its rows in the journal."""
        grant_key = (grant.currency_code, grant.grant_id)
        self._grants_seen.add(grant_key)
        sums = self._grants.get(grant_key) or GrantSum()
        for name, expected, found, words in sums.differences(grant, with_standing=self.with_standing):
            self._differs("grant", "/".join(grant.key), name, expected, found, words)

    def finish(self) -> list[Finding]:
        """Name what the journal tells of and no row stands for, and return all findings."""
        name = "/".join(self.player)
        for currency_code, total in sorted(self._accounts.items()):
            if not total.seen:
                self._differs("account", f"{name}/{currency_code}", "key", "a row", "none", "journal without account")
        for provider_id, round_id in sorted(self._rounds):
            self._differs("round", f"{name}/{provider_id}/{round_id}", "key", "a row", "none", "rows without round")
        for currency_code, grant_id in sorted(set(self._grants) - self._grants_seen):
            sums = self._grants[currency_code, grant_id]
            if sums.used or sums.terms:
                key = f"{name}/{currency_code}/{grant_id}"
                words = "free bets without grant" if sums.used else "it was given and is not there"
                self._differs("grant", key, "key", "a row", "none", words)
        return self.findings
