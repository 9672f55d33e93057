"""What is remembered of accounts, for how long, and when nothing is."""

from wallet.ledger.ids import AccountKey
from wallet.ledger.state import Account
from wallet.settlement.account_memory import PAUSE_GROUPS_MIN, AccountMemory


def account(name: str) -> dict[AccountKey, Account]:
    one = Account("brand", name, "EUR")
    return {one.key: one}


def key(name: str) -> AccountKey:
    return ("brand", name, "EUR")


def test_an_account_is_recalled_with_the_version_that_its_write_made() -> None:
    memory = AccountMemory()
    written = account("ann")

    memory.remember(written, {key("ann"): 7})

    assert memory.recall(key("ann")) == (written[key("ann")], 8)
    assert memory.recall(key("bob")) is None


def test_no_more_accounts_than_allowed_are_kept_and_the_last_ones_stay() -> None:
    memory = AccountMemory(accounts_max=20)

    for number in range(1_000):
        memory.remember(account(f"p{number}"), {})

    kept = [number for number in range(1_000) if memory.recall(key(f"p{number}"))]
    assert len(kept) <= 21
    assert kept[-10:] == list(range(990, 1_000))


def test_what_is_forgotten_is_forgotten_in_both_generations() -> None:
    memory = AccountMemory(accounts_max=4)
    for name in ("ann", "bob", "cat", "ann"):
        memory.remember(account(name), {})

    memory.forget([key("ann")])

    assert memory.recall(key("ann")) is None
    assert memory.recall(key("cat")) is not None


def test_each_pause_is_longer_than_the_one_before() -> None:
    memory = AccountMemory()
    lengths = []
    for _ in range(3):
        memory.pause()
        groups = 0
        while memory.recall(key("ann")) is None:
            memory.remember(account("ann"), {})
            groups += 1
        lengths.append(groups - 1)

    assert lengths == [PAUSE_GROUPS_MIN, 2 * PAUSE_GROUPS_MIN, 4 * PAUSE_GROUPS_MIN]
