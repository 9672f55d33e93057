"""The story of a round in words: the "where is my money" answer for a support desk."""

from datetime import UTC, datetime
from typing import NamedTuple

from wallet.ledger.kinds import FLAG_CLOSES_ROUND, FLAG_OPENS_ROUND, FLAG_TOMBSTONE, ActionKind, OutcomeCode
from wallet.ledger.types import JournalRow, NoteRow
from wallet.settlement.wallet import NOTE_KIND, RoundStory

_VERBS = {
    "bet": "bet of {amount}",
    "win": "win of {amount}",
    "jackpot_win": "jackpot win of {amount}",
    "promo_win": "promotional win of {amount}",
    "rollback": "rollback of {reference}",
    "close": "close of the round",
    "deposit": "deposit of {amount}",
    "withdraw_reserve": "withdrawal of {amount} set aside",
    "withdraw_confirm": "withdrawal {reference} paid out",
    "withdraw_cancel": "withdrawal {reference} given back",
    "adjust": "adjustment by {amount}",
}
_CLOSE = ActionKind.CLOSE.value
_MICROS = 1_000_000


class TimelineEntry(NamedTuple):
    """One thing that happened; ``row`` where the journal has it."""

    time_ms: int
    text: str
    row: JournalRow | None = None
    author: str = ""
    """Who left it as a note, where somebody did."""


def amount_text(micros: int, currency_code: str) -> str:
    """Return an amount as people write it."""
    sign, micros = ("-" if micros < 0 else ""), abs(micros)
    fraction = f"{micros % _MICROS:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{micros // _MICROS}.{fraction} {currency_code}"


def timeline(story: RoundStory) -> list[TimelineEntry]:
    """Return everything that happened in a round, in order."""
    entries = [TimelineEntry(row.time_ms, _row_text(row), row) for row in story.rows]
    entries += [TimelineEntry(note.time_ms, _note_text(note), author=_author_of(note)) for note in story.notes]
    return sorted(entries, key=lambda entry: (entry.time_ms, entry.row is None))


def _what(kind: str, amount: str, reference: str) -> str:
    return _VERBS.get(kind, kind).format(amount=amount, reference=reference or "a transaction")


def _row_text(row: JournalRow) -> str:
    currency_code = row.currency_code
    what = _what(row.kind, amount_text(row.amount_micros, currency_code), row.reference_transaction_id)
    if row.flags & FLAG_TOMBSTONE and row.kind == _CLOSE:
        return "no other bet of the round is known: until one comes, its wins are not paid and its close does nothing"
    if row.flags & FLAG_TOMBSTONE:
        return f"{row.kind} {row.transaction_id} was rolled back before it came: it is dead for ever"
    head = f"{what} ({row.transaction_id})"
    if row.code == OutcomeCode.NO_EFFECT.value:
        return f"{head}: accepted, nothing moved"
    if row.code != OutcomeCode.OK.value:
        return f"{head}: refused for ever, {_because(row.code, row.reason)}"
    moved = row.cash_delta_micros + row.bonus_delta_micros
    owed = row.receivable_delta_micros
    words = [f"{head}: {_movement(moved, currency_code)}"] if moved or not owed else [f"{head}: the balance stays"]
    words.append(f"balance {amount_text(row.cash_micros + row.bonus_micros, currency_code)}")
    if owed:
        words.append(f"the player owes {amount_text(abs(owed), currency_code)} {'more' if owed > 0 else 'less'}")
    if row.flags & FLAG_OPENS_ROUND:
        words.append("opens the round")
    if row.flags & FLAG_CLOSES_ROUND:
        words.append("closes the round")
    if row.author:
        words.append(f"by {row.author}: {row.reason}")
    return ", ".join(words)


def _movement(micros: int, currency_code: str) -> str:
    if micros == 0:
        return "nothing moved"
    return f"player {'gets' if micros > 0 else 'pays'} {amount_text(abs(micros), currency_code)}"


def _author_of(note: NoteRow) -> str:
    return note.field if note.kind == NOTE_KIND else ""


def _note_text(note: NoteRow) -> str:
    if note.kind == NOTE_KIND:
        return f"note by {note.field}: {note.reason}"
    if note.replayed and note.code == OutcomeCode.UNAVAILABLE.value:
        return f"{note.kind} {note.transaction_id} came again: answered uncertain, {note.reason}"
    if note.replayed and note.code != OutcomeCode.OK.value:
        return f"{note.kind} {note.transaction_id} came: answered from memory, {_because(note.code, note.reason)}"
    if note.replayed:
        return f"{note.kind} {note.transaction_id} came again: answered from memory, nothing moved"
    refused = "" if note.code == OutcomeCode.NO_EFFECT.value else "refused, "
    return f"{note.kind} {note.transaction_id}: {refused}{_because(note.code, note.reason)}"


def _because(code: str, reason: str) -> str:
    words = code.replace("_", " ")
    return f"{words} ({reason})" if reason else words


def time_text(time_ms: int) -> str:
    """Return a time in UTC."""
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}.{time_ms % 1000:03d} UTC"
