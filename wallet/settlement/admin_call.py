"""What an operator decides (open, block, limits, grants) travels in groups like a command, on the same rows."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from wallet.ledger.admin import AdminOutcome
from wallet.ledger.hopeful import Hopeful
from wallet.ledger.ids import AccountKey
from wallet.ledger.kinds import Certainty
from wallet.ledger.state import Account, Decision, Grant, LoadPlan, State
from wallet.ledger.types import Command, Reply

AdminDecide: TypeAlias = Callable[[Account | None, Grant | None, int], AdminOutcome]
PlayerDecide: TypeAlias = Callable[[list[Account], int], AdminOutcome]
_NO_REPLY = Reply(Certainty.CERTAIN)


class AdminCall(NamedTuple):
    """``decide`` gets the account, the grant (when ``grant_id`` names one) and the time, and gives what to write."""

    brand_id: str
    player_id: str
    currency_code: str
    decide: AdminDecide
    grant_id: str = ""
    now_ms: int = 0


class PlayerCall(NamedTuple):
    """What holds for all accounts of a player: ``decide`` gets every one of them, in key order, and the time.

    The answer is about the account that is named; what becomes of the others is in its ``others``.
    """

    brand_id: str
    player_id: str
    currency_code: str
    decide: PlayerDecide
    now_ms: int = 0


Instruction: TypeAlias = Command | AdminCall | PlayerCall | Hopeful
"""What a group is made of."""
Answer: TypeAlias = Reply | AdminOutcome
"""What each of it is answered with."""


def account_key_of(instruction: Instruction) -> AccountKey:
    """Return the key of the account that an instruction is about."""
    return instruction.account_key if isinstance(instruction, Hopeful) else instruction[:3]


def plan_admin_call(call: AdminCall, plan: LoadPlan) -> None:
    """Add the account and the grant to the load plan."""
    plan.accounts.add(call[:3])
    if call.grant_id:
        plan.grants.add((*call[:3], call.grant_id))


def decide_admin_call(state: State, call: AdminCall) -> tuple[AdminOutcome, Decision]:
    """Run the call's decision on the evolving state."""
    account = state.accounts.get(call[:3])
    outcome = call.decide(account, state.grants.get((*call[:3], call.grant_id)), call.now_ms)
    return outcome, _decision_of(outcome, account)


def decide_player_call(state: State, call: PlayerCall) -> tuple[AdminOutcome, list[Decision]]:
    """Run the decision on all accounts of the player, at a time that is before no row of theirs."""
    accounts = [state.accounts[key] for key in sorted(state.accounts) if key[:2] == call[:2]]
    outcome = call.decide(accounts, max([call.now_ms, *(account.updated_time_ms for account in accounts)]))
    return outcome, [_decision_of(each, None) for each in (outcome, *outcome.others)]


def _decision_of(outcome: AdminOutcome, account: Account | None) -> Decision:
    decision = Decision(_NO_REPLY)
    if outcome.row is not None or outcome.note is not None:
        if outcome.row is not None:
            decision.rows.append(outcome.row)
        if outcome.note is not None:
            decision.notes.append(outcome.note)
        # A grant has no version: the account's guards it, so the account is written too.
        decision.account = outcome.account or account
        if outcome.grant is not None:
            decision.grants.append(outcome.grant)
    return decision
