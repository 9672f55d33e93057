"""The audit: recompute everything from the journal and name the exact row of every difference.

Pure, and its arithmetic shares no code with ``decide``. All streams are sorted by the code points of their keys
(``COLLATE "C"``): accounts by (brand, player, currency), rows by (brand, player, currency, sequence), rounds by (brand,
player, provider, round), grants by (brand, player, currency, grant). Memory is one player's keys.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

from wallet.ledger.audit_player import Finding, PlayerAudit
from wallet.ledger.ids import PlayerKey
from wallet.ledger.state import Account, Grant, Round
from wallet.ledger.types import JournalRow

FINDINGS_MAX = 1_000


class _OfPlayer(Protocol):
    @property
    def brand_id(self) -> str: ...
    @property
    def player_id(self) -> str: ...


_Item = TypeVar("_Item", bound=_OfPlayer)


class HouseTotal(NamedTuple):
    """What one house account has received from the players, in one currency (negative: it paid)."""

    currency_code: str
    house_account: str
    micros: int


@dataclass(slots=True)
class AuditReport:
    """What was read and what was found; ``ok`` when nothing differs."""

    account_count: int = 0
    row_count: int = 0
    round_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    house_totals: list[HouseTotal] = field(default_factory=list)
    player_micros: dict[str, int] = field(default_factory=dict)
    """Per currency what all players hold: cash, bonus and reserved, less what they owe."""

    @property
    def ok(self) -> bool:
        """Say whether the books are right."""
        return not self.findings


def audit(
    accounts: Iterable[Account],
    rows: Iterable[JournalRow],
    rounds: Iterable[Round],
    grants: Iterable[Grant] = (),
    findings_max: int = FINDINGS_MAX,
    *,
    with_standing: bool = True,
) -> AuditReport:
    """Audit a ledger; stops after ``findings_max`` findings.

    ``with_standing``: every account must have been opened, blocked or limited by a row (false: by hand, in tests).
    """
    report = AuditReport()
    house: dict[tuple[str, str], int] = {}
    of_accounts, of_rows = _Players(accounts), _Players(rows)
    of_rounds, of_grants = _Players(rounds), _Players(grants)
    while len(report.findings) < findings_max:
        heads = (of_accounts.player, of_rows.player, of_rounds.player, of_grants.player)
        player = min((head for head in heads if head is not None), default=None)
        if player is None:
            break
        one = PlayerAudit(player, house, with_standing)
        for row in of_rows.of(player):
            one.read_row(row)
            report.row_count += 1
        for account in of_accounts.of(player):
            one.check_account(account)
            report.account_count += 1
            owned = account.cash_micros + account.bonus_micros + account.reserved_micros - account.receivable_micros
            report.player_micros[account.currency_code] = report.player_micros.get(account.currency_code, 0) + owned
        for round_ in of_rounds.of(player):
            one.check_round(round_)
            report.round_count += 1
        for grant in of_grants.of(player):
            one.check_grant(grant)
        report.findings += one.finish()
    report.house_totals = [HouseTotal(*key, micros) for key, micros in sorted(house.items())]
    _check_sums(report)
    return report


def _check_sums(report: AuditReport) -> None:
    """Debits equal credits per currency: what the players hold is what the house gave."""
    given: dict[str, int] = dict.fromkeys(report.player_micros, 0)
    for total in report.house_totals:
        given[total.currency_code] = given.get(total.currency_code, 0) - total.micros
    for currency_code, micros in sorted(given.items()):
        held = report.player_micros.get(currency_code, 0)
        if held != micros:
            report.findings.append(
                Finding("currency", currency_code, "sum", str(micros), str(held), "debits and credits differ")
            )


class _Players(Generic[_Item]):
    """A sorted stream, handed out player by player."""

    def __init__(self, items: Iterable[_Item]) -> None:
        self._items: Iterator[_Item] = iter(items)
        self._next: _Item | None = next(self._items, None)

    @property
    def player(self) -> PlayerKey | None:
        return None if self._next is None else (self._next.brand_id, self._next.player_id)

    def of(self, player: PlayerKey) -> Iterator[_Item]:
        while self._next is not None and (self._next.brand_id, self._next.player_id) == player:
            item, self._next = self._next, next(self._items, None)
            if self._next is not None and (self._next.brand_id, self._next.player_id) < player:
                raise ValueError(f"a stream is not sorted by its key at player {self._next.player_id}")
            yield item
