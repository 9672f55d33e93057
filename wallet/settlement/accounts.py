"""Opening an account: the one command that is not an action. It travels in groups like any other."""

from typing import NamedTuple, TypeAlias

from wallet.ledger.kinds import AccountStatus, Certainty
from wallet.ledger.state import Account, Decision, LoadPlan, State
from wallet.ledger.types import Command, Reply


class OpenAccount(NamedTuple):
    """Makes sure that an account exists; ``demo`` counts at the first call only."""

    brand_id: str
    player_id: str
    currency_code: str
    now_ms: int = 0
    demo: bool = False


Instruction: TypeAlias = Command | OpenAccount
"""What a group is made of."""


def plan_open_account(command: OpenAccount, plan: LoadPlan) -> None:
    """Add the account to the load plan."""
    plan.accounts.add(command[:3])


def decide_open_account(state: State, command: OpenAccount) -> Decision:
    """Open the account when it is not there, or when it only carries the tombstones of an unknown player."""
    found = state.accounts.get(command[:3])
    if found is not None and found.status != AccountStatus.UNKNOWN.value:
        return Decision(_reply(found))
    account = found.copy() if found is not None else Account(*command[:3])
    account.status = AccountStatus.OPEN.value
    account.demo = command.demo
    account.created_time_ms = account.created_time_ms or command.now_ms
    account.updated_time_ms = command.now_ms
    return Decision(_reply(account), account=account)


def _reply(account: Account) -> Reply:
    return Reply(
        Certainty.CERTAIN,
        balance_micros=account.cash_micros + account.bonus_micros,
        bonus_micros=account.bonus_micros,
        currency_code=account.currency_code,
    )
