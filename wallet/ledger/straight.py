"""The straight lane: the call that wallets get most, decided without looks at what it cannot meet.

A ``Spin`` is one unit of a bet, perhaps a win, and the close of its round, with cash, no grant, no reference. On an
open account with enough cash, without limits or debts, and with keys that nobody has used, ``decide`` has only one
answer; ``settle_spin`` gives the same one, byte for byte (``tests/property/test_straight_lane.py``), or ``None``.

That the keys and the round are new is not looked up: the decision inserts a row under each of them, so the unique keys
of the store refuse it when that was wrong, and the group is decided again with everything loaded.
"""

from hashlib import blake2b, sha256
from struct import Struct
from typing import TypeAlias

from wallet.ledger.chain import FINGERPRINT_BYTES, seal_of
from wallet.ledger.ids import MICROS_MAX, AccountKey, RoundKey
from wallet.ledger.kinds import (
    FLAG_CLOSES_ROUND,
    FLAG_OPENS_ROUND,
    HOUSE_GAMING,
    AccountStatus,
    ActionKind,
    Certainty,
    OutcomeCode,
    RoundStatus,
)
from wallet.ledger.receipts import encode_receipt
from wallet.ledger.state import Account, Round, State
from wallet.ledger.types import ActionResult, Command, JournalRow, Reply
from wallet.ledger.validate import action_refusal, command_refusal

_BET, _WIN = ActionKind.BET, ActionKind.WIN
_OPEN, _CLOSED, _OK = AccountStatus.OPEN.value, RoundStatus.CLOSED.value, OutcomeCode.OK
_CERTAIN = Certainty.CERTAIN
_BOTH = FLAG_OPENS_ROUND | FLAG_CLOSES_ROUND
_PLAIN = ("", None, "", 0, 0, "", "", "")
"""The fields of an action between its amount and its detail, when it asks for nothing more."""
_new = tuple.__new__
_pack = Struct(">13q").pack
_FINGERPRINT = blake2b(digest_size=FINGERPRINT_BYTES)


Settlement: TypeAlias = tuple[Reply, tuple[JournalRow, ...], Account, RoundKey, Round]
"""The reply, the journal rows, the account and the round (behind its key) as they stand after a spin."""


class Spin:
    """A well-formed command of the straight form; ``now_ms`` is stamped by the group that takes it in."""

    __slots__ = ("account_key", "brand_id", "command", "now_ms", "player_id", "seen")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.brand_id = command[0]
        self.player_id = command[1]
        self.account_key: AccountKey = command[:3]
        self.now_ms = command[4]
        self.seen: Account | None = None
        """The account that was found straight for this spin."""

    def stamped(self) -> Command:
        """Return the command with the time of its group, for ``decide``."""
        return self.command._replace(now_ms=self.now_ms)


def spin_of(command: Command) -> Spin | None:
    """Return ``command`` as a spin when it has the form of one and nothing in it is malformed."""
    actions = command.actions
    if not (command.one_unit and command.close_round and 1 <= len(actions) <= 2) or command.demo is not False:
        return None
    bet = actions[0]
    if bet.kind is not _BET or bet[3:11] != _PLAIN or not command.round_id or command_refusal(command) is not None:
        return None
    if len(actions) == 2:
        win = actions[1]
        if win.kind is not _WIN or win[3:11] != _PLAIN or action_refusal(command, win) is not None:
            return None
    return None if action_refusal(command, bet) is not None else Spin(command)


def is_straight(account: Account | None, command: Command) -> bool:
    """Say whether nothing about the account asks for a closer look at this spin."""
    return (
        account is not None
        and account.status == _OPEN
        and not (account.demo or account.limits or account.receivable_micros)
        and not (command.exclusive_game and account.open_round_count > 0)
        and account.cash_micros >= command.actions[0].amount_micros
    )


def settle_spin(state: State, spin: Spin, now_ms: int) -> Settlement | None:
    """Decide a spin and carry it into ``state``; ``None`` when ``decide`` must have a look, with everything loaded."""
    command = spin.command
    account_key = spin.account_key
    stored = state.accounts.get(account_key)
    if stored is None or (stored is not spin.seen and not is_straight(stored, command)):
        return None
    (
        brand_id, player_id, currency_code, provider_id, _, actions, game_id, round_id, _, _, _, _, round_state,
        game_version, with_receipt, _,
    ) = command  # fmt: skip
    round_key = (brand_id, player_id, provider_id, round_id)
    _, bet_id, stake, _, _, _, _, _, _, _, _, detail = actions[0]
    bet_key = (brand_id, provider_id, "bet", bet_id)
    transactions = state.transactions
    if round_key in state.rounds or bet_key in transactions:
        return None
    account = stored.copy()
    account.updated_time_ms = now_ms
    bonus_micros = account.bonus_micros
    cash_micros = account.cash_micros - stake
    sequence = account.sequence + 1
    start = f"{brand_id}\x1f{player_id}\x1f{currency_code}\x1f{provider_id}\x1f"
    middle = f"\x1f{round_id}\x1f{game_id}\x1fok\x1f\x1f\x1f\x1f\x1f{HOUSE_GAMING}\x1f\x1f\x1f\x1e"
    whose = f"{player_id}\x1f{currency_code}\x1f{round_id}\x1f{game_id}\x1f"
    size = len(actions)
    flags = _BOTH if size == 1 else FLAG_OPENS_ROUND

    hashing = _FINGERPRINT.copy()
    hashing.update(f"{whose}bet\x1f{stake}\x1f0\x1f\x1f\x1f\x1f0".encode())
    fingerprint = hashing.digest()
    sealed = round_state is not None or game_version
    if sealed:
        fingerprint += seal_of(command, opens_round=True)
    numbers = _pack(sequence, stake, 0, 0, -stake, 0, 0, 0, cash_micros, bonus_micros, flags, size, now_ms)
    head = sha256(
        b"%b%b%b%b%b" % (account.chain_head, fingerprint, numbers, f"{start}bet\x1f{bet_id}{middle}".encode(), detail)
    ).digest()
    row = _new(JournalRow, (
        brand_id, player_id, currency_code, sequence, provider_id, "bet", bet_id, round_id, game_id, "ok", stake, 0,
        "", "", "", 0, "", -stake, 0, 0, 0, HOUSE_GAMING, cash_micros, bonus_micros, flags, size, "", "", "", now_ms,
        detail, fingerprint, head,
    ))  # fmt: skip
    result = _new(ActionResult, (
        _OK, bet_id, head[:16].hex(), stake, 0, cash_micros + bonus_micros, False, now_ms, "", "", detail, "bet",
    ))  # fmt: skip
    if size == 1:
        prize, legs = 0, f";b{bet_id};"
        rows: tuple[JournalRow, ...] = (row,)
        results: tuple[ActionResult, ...] = (result,)
    else:
        _, win_id, prize, _, _, _, _, _, _, _, _, detail = actions[1]
        win_key = (brand_id, provider_id, "win", win_id)
        cash_micros += prize
        if win_key in transactions or cash_micros + bonus_micros + account.reserved_micros > MICROS_MAX:
            return None
        sequence += 1
        hashing = _FINGERPRINT.copy()
        hashing.update(f"{whose}win\x1f{prize}\x1f0\x1f\x1f\x1f\x1f0".encode())
        fingerprint = hashing.digest()
        if sealed:
            fingerprint += seal_of(command, opens_round=False)
        numbers = _pack(sequence, prize, 0, 0, prize, 0, 0, 0, cash_micros, bonus_micros, FLAG_CLOSES_ROUND, 0, now_ms)
        head = sha256(
            b"%b%b%b%b%b" % (head, fingerprint, numbers, f"{start}win\x1f{win_id}{middle}".encode(), detail)
        ).digest()
        won = _new(JournalRow, (
            brand_id, player_id, currency_code, sequence, provider_id, "win", win_id, round_id, game_id, "ok", prize, 0,
            "", "", "", 0, "", prize, 0, 0, 0, HOUSE_GAMING, cash_micros, bonus_micros, FLAG_CLOSES_ROUND, 0, "", "",
            "", now_ms, detail, fingerprint, head,
        ))  # fmt: skip
        results = (result, _new(ActionResult, (
            _OK, win_id, head[:16].hex(), prize, 0, cash_micros + bonus_micros, False, now_ms, "", "", detail, "win",
        )))  # fmt: skip
        rows = (row, won)
        legs = f";b{bet_id};w{win_id};"
        transactions[win_key] = won
        state.units[bet_key] = rows
    transactions[bet_key] = row
    account.cash_micros = cash_micros
    account.sequence = sequence
    account.chain_head = head
    state.accounts[account_key] = account
    round_ = state.rounds[round_key] = Round(
        brand_id, player_id, provider_id, round_id, currency_code, game_id, game_version, _CLOSED, stake, prize,
        0, 0, 0, 0, now_ms, now_ms, now_ms, b"" if round_state is None else round_state, legs,
    )  # fmt: skip
    reply = _new(Reply, (
        _CERTAIN, results, _OK, cash_micros + bonus_micros, bonus_micros, currency_code, "", "",
        encode_receipt(account) if with_receipt else b"",
    ))  # fmt: skip
    return reply, rows, account, round_key, round_
