"""How long ``decide`` takes for one in-house round (bet + win + close, chain and fingerprints on): the best of many.

Run it with ``python -m tests.support.ledger_bench``. The loop beside it (100 empty turns, 0.9 to 1.0 us on a quiet
machine) says how busy the machine is.
"""

import sys
import timeit

from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.kinds import ActionKind
from wallet.ledger.load_plan import plan_load
from wallet.ledger.state import Account, LoadPlan, State
from wallet.ledger.types import Action, Command

TRIES = 600
CALLS = 20


def a_round(number: int) -> Command:
    """Build the call of an in-house spin, ids of the usual length."""
    actions = (
        Action(ActionKind.BET, f"018f3a2e-7b1c-7e00-8000-{number:012d}", 1_000_000),
        Action(ActionKind.WIN, f"018f3a2e-7b1c-7e00-8001-{number:012d}", 500_000, detail=bytes(80)),
    )
    return Command(
        "brand", "player-1", "EUR", "reels", 1_700_000_000_000 + number, actions, "fruit", f"round-{number:012d}",
        "session-1", close_round=True, one_unit=True, exclusive_game=True, round_state=b"",
    )  # fmt: skip


def best_us(statement: str, names: dict[str, object]) -> float:
    """Return the best time of one run, in microseconds."""
    timer = timeit.Timer(statement, globals=names)
    return min(timer.timeit(CALLS) for _ in range(TRIES)) / CALLS * 1e6


def main() -> None:
    """Measure and print."""
    state = State()
    account = Account("brand", "player-1", "EUR", cash_micros=10**15)
    state.accounts[account.key] = account
    command = a_round(1)
    names: dict[str, object] = {
        "decide": decide, "evolve": evolve, "state": state, "command": command, "plan_load": plan_load,
        "LoadPlan": LoadPlan, "decision": decide(state, command), "spare": State(),
    }  # fmt: skip
    for title, statement in (
        ("decide bet+win+close", "decide(state, command)"),
        ("evolve", "evolve(spare, decision)"),
        ("plan_load", "plan_load(command, LoadPlan())"),
        ("loop of 100", "for _ in range(100): pass"),
    ):
        sys.stdout.write(f"{title:<22}{best_us(statement, names):8.2f} us\n")


if __name__ == "__main__":
    main()
