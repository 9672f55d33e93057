"""The fingerprint of a request and the hash chain of a journal: what makes a conflict and an edit visible."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b, sha256
from operator import itemgetter
from struct import Struct
from typing import TypeAlias

from wallet.ledger.kinds import KIND_NAMES
from wallet.ledger.types import Action, Command, JournalRow

FINGERPRINT_BYTES = 16
_VERSION_MARK, _STATE_MARK = b"v", b"s"
_FINGERPRINT = blake2b(digest_size=FINGERPRINT_BYTES)
_CHAIN = sha256()

Body: TypeAlias = tuple[
    str, str, str, int, str, str, str, str, str, str, int, int, str, str, str, int, str, int, int, int, int, str, int,
    int, int, int, str, str, str, int,
]  # fmt: skip
"""All fields of a journal row before ``detail``, in order."""

_BODY_LENGTH = len(JournalRow._fields) - 3
_INT_FIELDS = (
    "sequence", "amount_micros", "asked_bonus_micros", "jackpot_contribution_micros", "cash_delta_micros",
    "bonus_delta_micros", "reserved_delta_micros", "receivable_delta_micros", "cash_micros", "bonus_micros", "flags",
    "unit_size", "time_ms",
)  # fmt: skip
_names = JournalRow._fields[:_BODY_LENGTH]
_ints_of: Callable[[tuple[object, ...]], tuple[int, ...]] = itemgetter(*(_names.index(name) for name in _INT_FIELDS))
_texts_of: Callable[[tuple[object, ...]], tuple[str, ...]] = itemgetter(
    *(index for index, name in enumerate(_names) if name not in _INT_FIELDS)
)
_pack = Struct(f">{len(_INT_FIELDS)}q").pack


def fingerprint_of(command: Command, action: Action) -> bytes:
    """Hash the fields that bear money. Transport fields, texts and an amount that does not count are not among them."""
    kind = action.kind
    amount_micros, bonus_micros = action.amount_micros, action.bonus_micros
    if kind in AMOUNT_FROM_REFERENCE:
        amount_micros = bonus_micros = 0
    reference_kind = "" if action.reference_kind is None else KIND_NAMES[action.reference_kind]
    text = (
        f"{command.player_id}\x1f{command.currency_code}\x1f{command.round_id}\x1f{command.game_id}\x1f"
        f"{KIND_NAMES[kind]}\x1f{amount_micros}\x1f{bonus_micros}\x1f{reference_kind}\x1f"
        f"{action.reference_transaction_id}\x1f{action.grant_id}\x1f{action.jackpot_contribution_micros}"
    )
    state = _FINGERPRINT.copy()  # a copy costs two thirds of a new one
    state.update(text.encode())
    return state.digest()


@lru_cache(maxsize=1024)
def version_seal(game_version: str) -> bytes:
    """Return the 16 bytes that the row which opens a round carries for its game version."""
    return _VERSION_MARK + blake2b(game_version.encode(), digest_size=FINGERPRINT_BYTES - 1).digest()


def state_seal(state: bytes) -> bytes:
    """Return the 16 bytes that a row carries whose call replaced its round's state."""
    return _STATE_MARK + blake2b(state, digest_size=FINGERPRINT_BYTES - 1).digest()


def seal_of(command: Command, *, opens_round: bool) -> bytes:
    """Return what stands behind the fingerprint: seals of what a round keeps and no row says."""
    seal = version_seal(command.game_version) if opens_round and command.game_version else b""
    if command.round_state is not None and command.round_id:
        seal += state_seal(command.round_state)
    return seal


def seals_in(fingerprint: bytes) -> tuple[bytes, bytes]:
    """Return the version's and the state's seal behind a row's fingerprint; empty: it has none."""
    ends = range(FINGERPRINT_BYTES, len(fingerprint), FINGERPRINT_BYTES)
    seals = {fingerprint[start : start + 1]: fingerprint[start : start + FINGERPRINT_BYTES] for start in ends}
    return seals.get(_VERSION_MARK, b""), seals.get(_STATE_MARK, b"")


AMOUNT_FROM_REFERENCE = frozenset({"rollback", "close", "withdraw_confirm", "withdraw_cancel"})
"""Kinds whose amount is the stored one; what the request says does not count and is not compared."""


def first_difference(row: JournalRow, command: Command, action: Action) -> str:
    """Name the first field in which the request differs from the stored row."""
    pairs: list[tuple[str, object, object]] = [
        ("player_id", row.player_id, command.player_id),
        ("currency_code", row.currency_code, command.currency_code),
        ("round_id", row.round_id, command.round_id),
        ("game_id", row.game_id, command.game_id),
        ("reference_transaction_id", row.reference_transaction_id, action.reference_transaction_id),
    ]
    if action.kind in AMOUNT_FROM_REFERENCE:
        pairs.append(("reference_kind", row.reference_kind, action.reference_kind or row.reference_kind))
    else:
        contribution_micros = action.jackpot_contribution_micros
        pairs += [
            ("amount_micros", row.amount_micros, action.amount_micros),
            ("bonus_micros", row.asked_bonus_micros, action.bonus_micros),
            ("grant_id", row.grant_id, action.grant_id),
            ("jackpot_contribution_micros", row.jackpot_contribution_micros, contribution_micros),
        ]
    return next((name for name, stored, asked in pairs if stored != asked), "fingerprint")


def link(previous_head: bytes, body: tuple[object, ...], detail: bytes, fingerprint: bytes) -> bytes:
    """Return the chain head after a row: no field of it can change without changing every later head.

    sha256 over: the head before, the fingerprint, the 13 int fields as big-endian int64, the 17 text fields in UTF-8
    with 0x1F between them and 0x1E behind the last (both in the order of the row), the detail. Texts hold no control
    characters, so the separators cannot be forged.
    """
    texts = "\x1f".join(_texts_of(body)).encode()
    state = _CHAIN.copy()
    state.update(b"%b%b%b%b\x1e%b" % (previous_head, fingerprint, _pack(*_ints_of(body)), texts, detail))
    return state.digest()


def recompute_head(previous_head: bytes, row: JournalRow) -> bytes:
    """Return the head that ``row`` must carry when ``previous_head`` is the one before it."""
    return link(previous_head, row[:_BODY_LENGTH], row.detail, row.fingerprint)
