"""The straight lane: the call that wallets get most, decided without looks at what it cannot meet.

A ``Spin`` is one unit of a bet, perhaps a win, and the close of its round, with cash, no grant, no reference. On an
open account with enough cash, without limits or debts, and with keys that nobody has used, ``decide`` has only one
answer; ``play_spin`` gives the same one, byte for byte (``tests/property/test_straight_lane.py``), or ``None``.

That the keys and the round are new is not looked up: the decision inserts a row under each of them, so the unique keys
of the store refuse it when that was wrong, and the group is decided again with everything loaded.

What a spin writes is one ``SpinLine``; ``rows_of`` and ``round_of`` tell the rows that it stands for.
"""

from hashlib import blake2b, sha256
from struct import Struct
from typing import NamedTuple, TypeAlias

from wallet.ledger.chain import FINGERPRINT_BYTES, seal_of
from wallet.ledger.hopeful import Hopeful
from wallet.ledger.ids import MICROS_MAX, RoundKey
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


class SpinLine(NamedTuple):
    """Everything that a spin writes: its journal rows, its closed round, and its account's new head."""

    brand_id: str
    player_id: str
    currency_code: str
    provider_id: str
    round_id: str
    game_id: str
    game_version: str
    bet_id: str
    win_id: str
    """Empty: the spin is a bet alone."""
    sequence: int
    """Of the bet; the win's is the next one."""
    stake: int
    prize: int
    cash_micros: int
    """After the spin."""
    bonus_micros: int
    time_ms: int
    bet_detail: bytes
    win_detail: bytes
    bet_fingerprint: bytes
    win_fingerprint: bytes
    bet_head: bytes
    chain_head: bytes
    """After the last row; of a bet alone the same as ``bet_head``."""
    state: bytes


Settlement: TypeAlias = tuple[Reply, tuple[JournalRow, ...], Account, RoundKey, Round]
"""The reply, the journal rows, the account and the round (behind its key) as they stand after a spin."""


class Spin(Hopeful):
    """A well-formed command of the straight form."""

    __slots__ = ("seen",)

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.seen: Account | None = None
        """The account that was found straight for this spin."""


def spin_of(command: Command) -> Spin | None:
    """Return ``command`` as a spin when it has the form of one and nothing in it is malformed."""
    actions = command.actions
    if not (command.one_unit and command.close_round and 1 <= len(actions) <= 2) or command.demo is not False:
        return None
    if command.refuse_new_bets is not None:
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


def play_spin(account: Account, command: Command, now_ms: int) -> tuple[Reply, SpinLine] | None:
    """Decide a spin on an account that is straight for it, and move the account; ``None``: it cannot hold the prize."""
    (
        brand_id, player_id, currency_code, provider_id, _, actions, game_id, round_id, _, _, _, _, round_state,
        game_version, with_receipt, _, _,
    ) = command  # fmt: skip
    _, bet_id, stake, _, _, _, _, _, _, _, _, detail = actions[0]
    size = len(actions)
    bonus_micros = account.bonus_micros
    cash_micros = account.cash_micros - stake
    if size == 2 and cash_micros + actions[1][2] + bonus_micros + account.reserved_micros > MICROS_MAX:
        return None
    first = sequence = account.sequence + 1
    start = f"{brand_id}\x1f{player_id}\x1f{currency_code}\x1f{provider_id}\x1f"
    middle = f"\x1f{round_id}\x1f{game_id}\x1fok\x1f\x1f\x1f\x1f\x1f{HOUSE_GAMING}\x1f\x1f\x1f\x1e"
    whose = f"{player_id}\x1f{currency_code}\x1f{round_id}\x1f{game_id}\x1f"

    hashing = _FINGERPRINT.copy()
    hashing.update(f"{whose}bet\x1f{stake}\x1f0\x1f\x1f\x1f\x1f0".encode())
    fingerprint = hashing.digest()
    sealed = round_state is not None or game_version
    if sealed:
        fingerprint += seal_of(command, opens_round=True)
    flags = _BOTH if size == 1 else FLAG_OPENS_ROUND
    numbers = _pack(sequence, stake, 0, 0, -stake, 0, 0, 0, cash_micros, bonus_micros, flags, size, now_ms)
    bet_head = head = sha256(
        b"%b%b%b%b%b" % (account.chain_head, fingerprint, numbers, f"{start}bet\x1f{bet_id}{middle}".encode(), detail)
    ).digest()
    result = _new(ActionResult, (
        _OK, bet_id, head[:16].hex(), stake, 0, cash_micros + bonus_micros, False, now_ms, "", "", detail, "bet",
    ))  # fmt: skip
    if size == 1:
        win_id, prize, win_detail, win_fingerprint = "", 0, b"", b""
        results: tuple[ActionResult, ...] = (result,)
    else:
        _, win_id, prize, _, _, _, _, _, _, _, _, win_detail = actions[1]
        cash_micros += prize
        sequence += 1
        hashing = _FINGERPRINT.copy()
        hashing.update(f"{whose}win\x1f{prize}\x1f0\x1f\x1f\x1f\x1f0".encode())
        win_fingerprint = hashing.digest()
        if sealed:
            win_fingerprint += seal_of(command, opens_round=False)
        numbers = _pack(sequence, prize, 0, 0, prize, 0, 0, 0, cash_micros, bonus_micros, FLAG_CLOSES_ROUND, 0, now_ms)
        head = sha256(
            b"%b%b%b%b%b" % (head, win_fingerprint, numbers, f"{start}win\x1f{win_id}{middle}".encode(), win_detail)
        ).digest()
        results = (result, _new(ActionResult, (
            _OK, win_id, head[:16].hex(), prize, 0, cash_micros + bonus_micros, False, now_ms, "", "", win_detail,
            "win",
        )))  # fmt: skip
    account.cash_micros = cash_micros
    account.sequence = sequence
    account.chain_head = head
    account.updated_time_ms = now_ms
    reply = _new(Reply, (
        _CERTAIN, results, _OK, cash_micros + bonus_micros, bonus_micros, currency_code, "", "",
        encode_receipt(account) if with_receipt else b"",
    ))  # fmt: skip
    return reply, _new(SpinLine, (
        brand_id, player_id, currency_code, provider_id, round_id, game_id, game_version, bet_id, win_id, first,
        stake, prize, cash_micros, bonus_micros, now_ms, detail, win_detail, fingerprint, win_fingerprint, bet_head,
        head, b"" if round_state is None else round_state,
    ))  # fmt: skip


def rows_of(line: SpinLine) -> tuple[JournalRow, ...]:
    """Return the journal rows of a spin."""
    (
        brand_id, player_id, currency_code, provider_id, round_id, game_id, _, bet_id, win_id, sequence, stake, prize,
        cash_micros, bonus_micros, now_ms, bet_detail, win_detail, bet_fingerprint, win_fingerprint, bet_head, head, _,
    ) = line  # fmt: skip
    flags, unit_size = (FLAG_OPENS_ROUND, 2) if win_id else (_BOTH, 1)
    bet = _new(JournalRow, (
        brand_id, player_id, currency_code, sequence, provider_id, "bet", bet_id, round_id, game_id, "ok", stake, 0,
        "", "", "", 0, "", -stake, 0, 0, 0, HOUSE_GAMING, cash_micros - prize, bonus_micros, flags, unit_size, "", "",
        "", now_ms, bet_detail, bet_fingerprint, bet_head,
    ))  # fmt: skip
    if not win_id:
        return (bet,)
    win = _new(JournalRow, (
        brand_id, player_id, currency_code, sequence + 1, provider_id, "win", win_id, round_id, game_id, "ok", prize, 0,
        "", "", "", 0, "", prize, 0, 0, 0, HOUSE_GAMING, cash_micros, bonus_micros, FLAG_CLOSES_ROUND, 0, "", "",
        "", now_ms, win_detail, win_fingerprint, head,
    ))  # fmt: skip
    return bet, win


def round_of(line: SpinLine) -> Round:
    """Return the round of a spin: closed."""
    legs = f";b{line.bet_id};w{line.win_id};" if line.win_id else f";b{line.bet_id};"
    return Round(
        line.brand_id, line.player_id, line.provider_id, line.round_id, line.currency_code, line.game_id,
        line.game_version, _CLOSED, line.stake, line.prize, 0, 0, 0, 0, line.time_ms, line.time_ms, line.time_ms,
        line.state, legs,
    )  # fmt: skip


def settle_spin(state: State, spin: Spin, now_ms: int) -> Settlement | None:
    """Decide a spin and carry it into ``state``; ``None`` when ``decide`` must have a look, with everything loaded."""
    command = spin.command
    account_key = spin.account_key
    stored = state.accounts.get(account_key)
    if stored is None or (stored is not spin.seen and not is_straight(stored, command)):
        return None
    brand_id, player_id, provider_id, round_id = command.brand_id, command.player_id, command.provider_id, command[7]
    round_key = (brand_id, player_id, provider_id, round_id)
    legs = zip(("bet", "win"), command.actions, strict=False)
    keys = [(brand_id, provider_id, kind, action[1]) for kind, action in legs]
    transactions = state.transactions
    if round_key in state.rounds or any(key in transactions for key in keys):
        return None
    account = stored.copy()
    played = play_spin(account, command, now_ms)
    if played is None:
        return None
    reply, line = played
    rows = rows_of(line)
    transactions.update(zip(keys, rows, strict=True))
    if len(rows) > 1:
        state.units[keys[0]] = rows
    state.accounts[account_key] = account
    round_ = state.rounds[round_key] = round_of(line)
    return reply, rows, account, round_key, round_
