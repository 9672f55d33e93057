"""What an operator decides about a player: open the account, block, exclude, set limits, give free bets. Pure.

Each function returns what to write, or refuses. No money moves here. What an account may do (status, limits, demo) and
what it was given (grants) is journaled as a row of the account's chain, so that nobody can change it unseen.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from wallet.ledger.chain import link
from wallet.ledger.currencies import CURRENCY_CODES
from wallet.ledger.ids import MICROS_MAX, is_id
from wallet.ledger.kinds import (
    CANCEL_GRANT,
    ISSUE_GRANT,
    OPEN_ACCOUNT,
    SET_LIMITS,
    SET_STATUS,
    AccountStatus,
    OutcomeCode,
)
from wallet.ledger.limit_settings import RELAX_DELAY_MS, change_limits, hold_value, read_settings
from wallet.ledger.limits import begin_counting
from wallet.ledger.state import Account, Grant
from wallet.ledger.types import JournalRow, NoteRow

EXCLUDED_UNTIL = "excluded_until_ms"
_UNKNOWN = AccountStatus.UNKNOWN.value
_STRICTEST_FIRST = (AccountStatus.EXCLUDED.value, AccountStatus.BLOCKED.value)
_TERMS = ("bet_count", "bet_micros", "provider_id", "game_ids", "expires_time_ms")


class AdminOutcome(NamedTuple):
    """``code`` is OK or NO_EFFECT (it is so already) or the reason why not; the rows must be written together."""

    code: OutcomeCode
    account: Account | None = None
    grant: Grant | None = None
    note: NoteRow | None = None
    row: JournalRow | None = None
    field: str = ""
    reason: str = ""
    others: tuple["AdminOutcome", ...] = ()
    """What is written of the player's other accounts in the same transaction."""

    @property
    def accepted(self) -> bool:
        """Say whether it is done."""
        return self.code in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)


class Author(NamedTuple):
    """Who decides, why and when."""

    name: str
    reason: str
    now_ms: int


def open_account(
    stored: Account | None,
    brand_id: str,
    player_id: str,
    currency_code: str,
    author: Author,
    demo: bool = False,
    siblings: Iterable[Account] = (),
) -> AdminOutcome:
    """Open an account with nothing in it. Idempotent. The marks left for a player who was unknown stay on its chain.

    A block or an exclusion that stands on one of the player's other accounts (``siblings``) stands on this one too.
    """
    if currency_code not in CURRENCY_CODES:
        return AdminOutcome(OutcomeCode.CURRENCY_UNKNOWN, field="currency_code", reason="not in the currency table")
    for field, text in (("brand_id", brand_id), ("player_id", player_id)):
        if not is_id(text):
            return AdminOutcome(OutcomeCode.INVALID, field=field, reason="ids are 1 to 64 of A-Z a-z 0-9 . _ : -")
    if stored is not None and stored.status != _UNKNOWN:
        if stored.demo is not demo:
            return AdminOutcome(OutcomeCode.INVALID, stored, field="demo", reason="the account is open as the other")
        return AdminOutcome(OutcomeCode.NO_EFFECT, stored)
    account = Account(brand_id, player_id, currency_code, _UNKNOWN) if stored is None else stored.copy()
    if stored is None:
        account.created_time_ms = author.now_ms
    account.status, account.demo = AccountStatus.OPEN.value, demo
    _inherit(account, siblings)
    return _recorded(account, OPEN_ACCOUNT, author)


def _inherit(account: Account, siblings: Iterable[Account]) -> None:
    others = [other for other in siblings if other.key != account.key]
    statuses = {other.status for other in others}
    account.status = next((status for status in _STRICTEST_FIRST if status in statuses), account.status)
    end_ms = max(map(_excluded_until_ms, others), default=0)
    if end_ms:
        account.limits = hold_value(account.limits, EXCLUDED_UNTIL, end_ms)
        begin_counting(account)


def _excluded_until_ms(account: Account) -> int:
    return read_settings(account.limits).values.get(EXCLUDED_UNTIL, 0)


def set_player_status(
    accounts: Sequence[Account], currency_code: str, status: AccountStatus, author: Author, until_ms: int = 0
) -> AdminOutcome:
    """Block, exclude or open a player: all accounts or none, whichever of them the caller names.

    The longest exclusion of any account counts for all.
    """
    opened = sorted((account for account in accounts if account.status != _UNKNOWN), key=lambda account: account.key)
    named = next((account for account in opened if account.currency_code == currency_code), None)
    if named is None:
        return set_status(None, status, author)
    excluded_until_ms = max(map(_excluded_until_ms, opened))
    if status is AccountStatus.OPEN and excluded_until_ms > author.now_ms:
        return AdminOutcome(OutcomeCode.PLAYER_BLOCKED, named, field="status", reason="the exclusion still runs")
    end_ms = max(until_ms, excluded_until_ms)
    outcomes = {account.currency_code: set_status(account, status, author, end_ms) for account in opened}
    outcome = outcomes.pop(currency_code)
    others = tuple(other for other in outcomes.values() if other.row is not None)
    code = OutcomeCode.OK if others else outcome.code
    return outcome._replace(code=code, others=others) if outcome.accepted else outcome


def set_status(stored: Account | None, status: AccountStatus, author: Author, until_ms: int = 0) -> AdminOutcome:
    """Block, exclude or open one account.

    An exclusion cannot be lifted before its end, nor within 24 hours of being made.
    """
    if stored is None or stored.status == _UNKNOWN or status is AccountStatus.UNKNOWN:
        return AdminOutcome(OutcomeCode.PLAYER_NOT_FOUND, field="player_id", reason="no such player")
    excluded_until_ms = _excluded_until_ms(stored)
    if status is AccountStatus.OPEN and excluded_until_ms > author.now_ms:
        return AdminOutcome(OutcomeCode.PLAYER_BLOCKED, stored, field="status", reason="the exclusion still runs")
    account = stored.copy()
    account.status = status.value
    if status is AccountStatus.EXCLUDED:
        end_ms = max(until_ms, excluded_until_ms, author.now_ms + RELAX_DELAY_MS)
        account.limits = hold_value(account.limits, EXCLUDED_UNTIL, min(end_ms, MICROS_MAX))
    elif status is AccountStatus.OPEN:
        account.limits = hold_value(account.limits, EXCLUDED_UNTIL, None)
    if (account.status, account.limits) == (stored.status, stored.limits):
        return AdminOutcome(OutcomeCode.NO_EFFECT, stored)
    if account.limits and not stored.limits:
        begin_counting(account)
    return _recorded(account, SET_STATUS, author)


def set_limits(stored: Account | None, changes: Mapping[str, int | None], author: Author) -> AdminOutcome:
    """Set, lower, raise or lift limits: tighter at once, looser after 24 hours (``limit_settings``)."""
    if stored is None or stored.status == _UNKNOWN:
        return AdminOutcome(OutcomeCode.PLAYER_NOT_FOUND, field="player_id", reason="no such player")
    account = stored.copy()
    try:
        account.limits = change_limits(stored.limits, changes, author.now_ms)
    except ValueError as err:
        return AdminOutcome(OutcomeCode.INVALID, stored, field="limits", reason=str(err))
    if account.limits == stored.limits:
        return AdminOutcome(OutcomeCode.NO_EFFECT, stored)
    if account.limits and not stored.limits:
        begin_counting(account)
    return _recorded(account, SET_LIMITS, author, ",".join(sorted(changes)))


def issue_grant(account: Account | None, stored: Grant | None, grant: Grant, author: Author) -> AdminOutcome:
    """Give free bets. The same grant again has no effect; another one under its id is a conflict."""
    if account is None or account.status == _UNKNOWN:
        return AdminOutcome(OutcomeCode.PLAYER_NOT_FOUND, field="player_id", reason="no such player")
    if not is_id(grant.grant_id) or not 1 <= grant.bet_count <= MICROS_MAX or not 0 <= grant.bet_micros <= MICROS_MAX:
        return AdminOutcome(OutcomeCode.INVALID, field="grant", reason="an id, at least one bet, a stake of 0 or more")
    if stored is not None:
        for field in _TERMS:
            if getattr(stored, field) != getattr(grant, field):
                return AdminOutcome(OutcomeCode.KEY_REUSED, grant=stored, field=field, reason="given on other terms")
        return AdminOutcome(OutcomeCode.NO_EFFECT, grant=stored)
    made = grant.copy()
    made.used_count, made.cancelled = 0, False
    made.created_time_ms = made.updated_time_ms = author.now_ms
    return _recorded(account.copy(), ISSUE_GRANT, author, grant=made)


def cancel_grant(account: Account | None, stored: Grant | None, author: Author) -> AdminOutcome:
    """End a grant: no further free bets; wins of those that were played are still paid."""
    if account is None or stored is None:
        return AdminOutcome(OutcomeCode.GRANT_NOT_FOUND, field="grant_id", reason="no such grant")
    if stored.cancelled:
        return AdminOutcome(OutcomeCode.NO_EFFECT, grant=stored)
    grant = stored.copy()
    grant.cancelled, grant.updated_time_ms = True, author.now_ms
    return _recorded(account.copy(), CANCEL_GRANT, author, grant=grant)


def standing_of(status: str, limits: str, *, demo: bool) -> bytes:
    """Return what an account may do, as the rows that record it say it."""
    return json.dumps({"status": status, "limits": limits, "demo": demo}, separators=(",", ":")).encode()


def terms_of(grant: Grant) -> bytes:
    """Return on what terms a grant stands, as the rows that give and end it say it."""
    terms = {name: getattr(grant, name) for name in ("grant_id", *_TERMS, "cancelled")}
    return json.dumps(terms, separators=(",", ":")).encode()


def _recorded(account: Account, kind: str, author: Author, field: str = "", grant: Grant | None = None) -> AdminOutcome:
    """Append the row that says what the account may do from now on, or what it was given."""
    account.updated_time_ms = author.now_ms
    account.sequence += 1
    place = f"{account.player_id}|{account.currency_code}|{account.sequence}"
    body = (
        account.brand_id, account.player_id, account.currency_code, account.sequence, "", kind,
        sha256(place.encode()).hexdigest()[:40], "", "", OutcomeCode.OK.value, 0, 0, "", "",
        "" if grant is None else grant.grant_id, 0, "", 0, 0, 0, 0, "",
        account.cash_micros, account.bonus_micros, 0, 0, field, author.reason, author.name, author.now_ms,
    )  # fmt: skip
    detail = standing_of(account.status, account.limits, demo=account.demo) if grant is None else terms_of(grant)
    account.chain_head = link(account.chain_head, body, detail, b"")
    row = JournalRow(*body, detail, b"", account.chain_head)
    return AdminOutcome(OutcomeCode.OK, account, grant, row=row)
