"""Bets: real ones, and free ones under a grant."""

from wallet.ledger import limits
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.kinds import FLAG_OPENS_ROUND, HOUSE_GAMING, AccountStatus, OutcomeCode
from wallet.ledger.legs import LEGS_LENGTH_MAX, begins_with_win
from wallet.ledger.movements import stake
from wallet.ledger.state import Round
from wallet.ledger.types import Action, JournalRow
from wallet.ledger.work import CLOSED, NOTHING, Posting, Refusal, Work

_ACCOUNT_OPEN = AccountStatus.OPEN.value
_FUNDS = Refusal(OutcomeCode.INSUFFICIENT_FUNDS, "amount_micros", "the balance is too small")


def standing_refusal(work: Work) -> Refusal | None:
    """Say why this account may not put money at stake or take money in, if so."""
    account = work.account
    if account.status != _ACCOUNT_OPEN:
        if account.status == AccountStatus.UNKNOWN:
            return player_refusal(work)
        return Refusal(OutcomeCode.PLAYER_BLOCKED, "player_id", f"the account is {account.status}")
    if account.demo is not work.command.demo:
        return Refusal(OutcomeCode.INVALID, "demo", "demo and real money never share an account")
    return None


def player_refusal(work: Work) -> Refusal:
    """Refuse for want of an account: wrong currency when the player has others."""
    command = work.command
    if work.state.currencies.get((command.brand_id, command.player_id)):
        return Refusal(OutcomeCode.CURRENCY_MISMATCH, "currency_code", "the player's account is in another currency")
    return Refusal(OutcomeCode.PLAYER_NOT_FOUND, "player_id", "no such player")


def bet(work: Work, action: Action) -> JournalRow | Refusal:
    """Take the stake and put it into the round, opening it if this is its first bet."""
    command, account = work.command, work.account
    if account.status != _ACCOUNT_OPEN or account.demo is not command.demo:
        refusal = standing_refusal(work)
        if refusal is not None:
            return refusal
    round_ = work.find_round((command.brand_id, command.player_id, command.provider_id, command.round_id))
    refusal = None
    if round_ is not None:
        refusal = _round_refusal(work, round_)
    elif command.exclusive_game:
        refusal = _exclusive_refusal(work)
    if refusal is not None:
        return refusal
    posting = NOTHING
    if action.grant_id:
        refusal = _grant_refusal(work, action)
    else:
        if account.limits:
            refusal = limits.check_bet(account, command, action)
        taken = stake(account, action.amount_micros, action.bonus_micros, HOUSE_GAMING)
        if taken is None:
            refusal = refusal or _FUNDS
        else:
            posting = taken
    if refusal is not None:
        return refusal
    return _book(work, action, round_, posting)


def _book(work: Work, action: Action, round_: Round | None, posting: Posting) -> JournalRow | Refusal:
    command = work.command
    flags = 0
    if round_ is None:
        flags = FLAG_OPENS_ROUND
        key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
        round_ = work.rounds[key] = Round(*key, command.currency_code, command.game_id, command.game_version)
        round_.opened_time_ms = command.now_ms
        legs = ";"
    else:
        legs = round_.legs or ";"
    round_.legs = f"{legs}b{action.transaction_id};"
    if action.grant_id:
        _use_grant(work, action)
        round_.free_bet_micros += action.amount_micros
    else:
        round_.bet_micros += action.amount_micros
        if work.account.limits:
            limits.count_bet(work.account, command, action)
    round_.jackpot_contribution_micros += action.jackpot_contribution_micros
    if (
        round_.bet_micros > MICROS_MAX
        or round_.free_bet_micros > MICROS_MAX
        or (round_.jackpot_contribution_micros > MICROS_MAX)
    ):
        return Refusal(OutcomeCode.INVALID, "amount_micros", "the round's total does not fit into 64 bits")
    round_.updated_time_ms = command.now_ms
    return work.write(action, posting, round_, flags)


def _exclusive_refusal(work: Work) -> Refusal | None:
    command = work.command
    if work.account.open_round_count > 0:
        key = (command.brand_id, command.player_id, command.provider_id, command.game_id)
        open_rounds = work.state.open_games.get(key)
        if open_rounds:
            return Refusal(OutcomeCode.ROUND_IN_PROGRESS, min(open_rounds), "another round of this game is open")
    return None


def _round_refusal(work: Work, round_: Round) -> Refusal | None:
    command = work.command
    if round_.currency_code != command.currency_code:
        return Refusal(OutcomeCode.CURRENCY_MISMATCH, "currency_code", f"the round is in {round_.currency_code}")
    # Where a win was granted ahead of its bets, messages come out of order: the bets are waited for.
    if round_.status == CLOSED and (not begins_with_win(round_.legs) or work.is_out_of_grace(round_)):
        return Refusal(OutcomeCode.ROUND_CLOSED, "round_id", "the round is closed")
    if round_.game_id != command.game_id:
        return Refusal(OutcomeCode.ROUND_MISMATCH, "game_id", "the round is of another game")
    if len(round_.legs) > LEGS_LENGTH_MAX:
        return Refusal(OutcomeCode.INVALID, "round_id", "the round has too many bets and wins")
    return None


def _grant_refusal(work: Work, action: Action) -> Refusal | None:
    command = work.command
    grant = work.find_grant((command.brand_id, command.player_id, command.currency_code, action.grant_id))
    if grant is None:
        return Refusal(OutcomeCode.GRANT_NOT_FOUND, "grant_id", "no such grant")
    if grant.provider_id and grant.provider_id != command.provider_id:
        return Refusal(OutcomeCode.GRANT_NOT_FOUND, "provider_id", "the grant is for another provider")
    if grant.game_ids and command.game_id not in grant.game_ids.split(","):
        return Refusal(OutcomeCode.GRANT_NOT_FOUND, "game_id", "the grant is for other games")
    if grant.cancelled or (grant.expires_time_ms and command.now_ms >= grant.expires_time_ms):
        return Refusal(OutcomeCode.GRANT_EXHAUSTED, "grant_id", "the grant has ended")
    if grant.used_count >= grant.bet_count:
        return Refusal(OutcomeCode.GRANT_EXHAUSTED, "grant_id", "all free bets of the grant are used")
    if grant.bet_micros and grant.bet_micros != action.amount_micros:
        return Refusal(OutcomeCode.INVALID, "amount_micros", "the grant is for another stake")
    return None


def _use_grant(work: Work, action: Action) -> None:
    command = work.command
    grant = work.find_grant((command.brand_id, command.player_id, command.currency_code, action.grant_id))
    if grant is not None:
        grant.used_count += 1
        grant.updated_time_ms = command.now_ms
