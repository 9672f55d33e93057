"""Wins, jackpot wins and promo wins, and the close of a round. Nothing here looks at sessions, blocks or limits."""

from wallet.ledger import limits
from wallet.ledger.bets import player_refusal
from wallet.ledger.dead_rounds import is_dead, mark_key
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.kinds import (
    FLAG_OPENS_ROUND,
    FLAG_TOMBSTONE,
    HOUSE_FREE_ROUNDS,
    HOUSE_GAMING,
    HOUSE_JACKPOT,
    HOUSE_PROMOTIONS,
    KIND_NAMES,
    ActionKind,
    OutcomeCode,
)
from wallet.ledger.legs import add_leg, has_live_bet, is_live_bet, is_undone, last_live_bet
from wallet.ledger.movements import credit
from wallet.ledger.policy import UnknownWin
from wallet.ledger.state import Round
from wallet.ledger.types import Action, ActionResult, JournalRow
from wallet.ledger.work import CLOSED, Refusal, Work, is_unknown

JACKPOT_WIN = ActionKind.JACKPOT_WIN
_BET = ActionKind.BET.value
_OK = OutcomeCode.OK.value
OVERFLOW = Refusal(OutcomeCode.INVALID, "amount_micros", "the total does not fit into 64 bits")
_BET_MISSING = Refusal(OutcomeCode.BET_NOT_FOUND, "round_id", "no bet of this round is known")
_BET_DEAD = Refusal(OutcomeCode.ROLLED_BACK, "round_id", "every bet of the round was rolled back")
_DEAD = Refusal(OutcomeCode.NO_EFFECT, "round_id", "its bets were rolled back unseen")
_REFERENCE_DEAD = Refusal(OutcomeCode.ROLLED_BACK, "reference_transaction_id", "the bet was rolled back")
_REFERENCE_MISSING = Refusal(OutcomeCode.BET_NOT_FOUND, "reference_transaction_id", "the bet is not known")


def win(work: Work, action: Action) -> JournalRow | Refusal:
    """Credit a win or a jackpot win to the round of a live bet (or, where the policy says so, ahead of its bet)."""
    if is_unknown(work.account):
        return player_refusal(work)
    found = _round_of_win(work, action)
    if isinstance(found, Refusal):
        return found
    round_, account, command = found, work.account, work.command
    bonus_micros = action.bonus_micros
    is_jackpot = action.kind is JACKPOT_WIN
    if is_jackpot:
        house = HOUSE_JACKPOT
    else:
        house = HOUSE_FREE_ROUNDS if round_.free_bet_micros and not round_.bet_micros else HOUSE_GAMING
    posting = credit(account, action.amount_micros - bonus_micros, bonus_micros, house)
    if posting is None or round_.win_micros + action.amount_micros > MICROS_MAX:
        return OVERFLOW
    round_.win_micros += action.amount_micros
    reference = action.reference_transaction_id
    flags = 0 if round_.legs else FLAG_OPENS_ROUND
    if is_jackpot or reference or flags:
        round_.legs = add_leg(round_.legs, "j" if is_jackpot else "w", action.transaction_id, reference)
    else:
        round_.legs += f"w{action.transaction_id};"
    round_.updated_time_ms = command.now_ms
    if account.limits:
        limits.count_win(account, command, action.amount_micros)
    return work.write(action, posting, round_, flags)


def _round_of_win(work: Work, action: Action) -> Round | Refusal:
    command = work.command
    reference = action.reference_transaction_id
    round_id = command.round_id
    granted = _may_be_granted(work)
    if reference and not _is_of_round(work, reference):
        refusal = _reference_refusal(work, reference)
        if refusal is not None and not (granted and refusal is _REFERENCE_MISSING):
            return refusal
        bet = work.find((command.brand_id, command.provider_id, _BET, reference))
        round_id = bet.round_id if bet is not None else round_id
    round_ = work.find_round((command.brand_id, command.player_id, command.provider_id, round_id))
    if round_ is None:
        if granted:
            return _opened_by_win(work)
        return _BET_DEAD if round_id and not reference and is_dead(work, None) else _BET_MISSING
    if round_.currency_code != command.currency_code:
        return Refusal(OutcomeCode.CURRENCY_MISMATCH, "currency_code", f"the round is in {round_.currency_code}")
    if reference:
        if not is_live_bet(round_.legs, reference):
            if is_undone(round_.legs, "b", reference):
                return _REFERENCE_DEAD
            if not granted:
                return _REFERENCE_MISSING
    elif not has_live_bet(round_.legs) and not granted:
        return _BET_DEAD
    if work.is_out_of_grace(round_) and work.is_out_of_grace(round_, _bet_of_win(work, round_, reference)):
        return Refusal(OutcomeCode.ROUND_CLOSED, "round_id", "the round is closed, and its grace is over")
    return round_


def _bet_of_win(work: Work, round_: Round, reference: str) -> JournalRow | None:
    """Return the bet that the win names, else the last of the round: it may have come after the close."""
    bet_id = reference or last_live_bet(round_.legs)
    return work.find((round_.brand_id, round_.provider_id, _BET, bet_id))


def _is_of_round(work: Work, reference: str) -> bool:
    """Say whether the call's own round lists the bet as alive: then its row has nothing to add."""
    command = work.command
    round_ = work.see_round((command.brand_id, command.player_id, command.provider_id, command.round_id))
    return round_ is not None and is_live_bet(round_.legs, reference)


def _may_be_granted(work: Work) -> bool:
    """Say whether the policy pays a win of the call's round ahead of its bet: never where all its bets are dead."""
    command = work.command
    if work.policy.unknown_win is not UnknownWin.GRANT or not (command.round_id and command.game_id):
        return False
    key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    return not is_dead(work, work.see_round(key))


def _opened_by_win(work: Work) -> Round:
    command = work.command
    key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    round_ = work.rounds[key] = Round(*key, command.currency_code, command.game_id, command.game_version)
    round_.opened_time_ms = command.now_ms
    return round_


def _reference_refusal(work: Work, reference: str) -> Refusal | None:
    command = work.command
    bet = work.find((command.brand_id, command.provider_id, _BET, reference))
    if bet is None:
        return _REFERENCE_MISSING
    if bet.player_id != command.player_id:
        return Refusal(OutcomeCode.KEY_REUSED, "player_id", "the bet is another player's")
    if bet.flags & FLAG_TOMBSTONE:
        return _REFERENCE_DEAD
    if bet.code != _OK:
        return Refusal(OutcomeCode.BET_NOT_FOUND, "reference_transaction_id", f"the bet was refused: {bet.code}")
    if bet.currency_code != command.currency_code:
        return Refusal(OutcomeCode.CURRENCY_MISMATCH, "currency_code", f"the bet is in {bet.currency_code}")
    if command.round_id and bet.round_id != command.round_id:
        return Refusal(OutcomeCode.ROUND_MISMATCH, "round_id", "the bet is of another round")
    return None


def promo_win(work: Work, action: Action) -> JournalRow | Refusal:
    """Credit a promotion: needs no bet and may land on a closed round, whose totals it does not touch."""
    account = work.account
    if is_unknown(account):
        return player_refusal(work)
    if account.demo is not work.command.demo:
        return Refusal(OutcomeCode.INVALID, "demo", "demo and real money never share an account")
    posting = credit(account, action.amount_micros - action.bonus_micros, action.bonus_micros, HOUSE_PROMOTIONS)
    if posting is None:
        return OVERFLOW
    return work.write(action, posting)


def close(work: Work, action: Action) -> JournalRow | ActionResult | Refusal:
    """End the round. A repeat under another id has no effect; an unseen round is refused, so the close comes again.

    Of a round whose only bets were rolled back before they came, nothing is left to end yet.
    """
    command = work.command
    round_ = work.find_round((command.brand_id, command.player_id, command.provider_id, command.round_id))
    if round_ is None:
        mark = work.find(mark_key(command))
        if mark is not None:
            return _close_of_dead_round(work, action, mark)
        return player_refusal(work) if is_unknown(work.account) else _BET_MISSING
    if round_.currency_code != command.currency_code:
        return Refusal(OutcomeCode.CURRENCY_MISMATCH, "currency_code", f"the round is in {round_.currency_code}")
    if round_.status == CLOSED:
        return work.write_as(
            action, code=OutcomeCode.NO_EFFECT.value, round_=round_, field="round_id", reason="closed before"
        )
    round_.updated_time_ms = command.now_ms
    return work.write_as(action, round_=round_, flags=work.close_round(round_))


def _close_of_dead_round(work: Work, action: Action, mark: JournalRow) -> JournalRow | ActionResult:
    """Answer that there is nothing to end, and store it only in a unit of several, which is replayed as one.

    A bet may still open the round: then the same close ends it. The answer's id is that of the mark, its reason.
    """
    command, account = work.command, work.account
    if work.unit_size > 1:
        return work.write_as(action, code=_DEAD.code.value, field=_DEAD.field, reason=_DEAD.reason)
    work.note(action, _DEAD, replayed=False)
    return ActionResult(
        _DEAD.code, action.transaction_id, mark.wallet_transaction_id,
        balance_micros=account.cash_micros + account.bonus_micros, processed_time_ms=command.now_ms,
        field=_DEAD.field, reason=_DEAD.reason, detail=action.detail, kind=KIND_NAMES[action.kind],
    )  # fmt: skip
