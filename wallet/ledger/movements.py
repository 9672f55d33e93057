"""Double entry: what a credit, a reversal and a stake mean for a player's cash, bonus and receivable.

A receivable is what the player owes because a reversal fell short. It is recovered from the next cash that comes in, so
``cash > 0`` implies ``receivable == 0`` and the net of both does not depend on the order in which messages came.
"""

from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.state import Account
from wallet.ledger.work import Posting

_new = tuple.__new__


def credit(account: Account, cash_micros: int, bonus_micros: int, house_account: str) -> Posting | None:
    """Give cash and bonus; ``None`` when the account could not hold it."""
    total = account.cash_micros + account.bonus_micros + account.reserved_micros + cash_micros + bonus_micros
    if total > MICROS_MAX:
        return None
    owed = account.receivable_micros
    recovered = min(owed, cash_micros) if owed else 0
    return _new(Posting, (cash_micros - recovered, bonus_micros, 0, -recovered, house_account))


def reversal(account: Account, cash_micros: int, bonus_micros: int, house_account: str) -> Posting | None:
    """Take back what was given: bonus from bonus, the rest from cash, and what is missing as a receivable."""
    bonus = min(account.bonus_micros, bonus_micros)
    wanted = cash_micros + bonus_micros - bonus
    cash = min(account.cash_micros, wanted)
    missing = wanted - cash
    if account.receivable_micros + missing > MICROS_MAX:
        return None
    return Posting(-cash, -bonus, 0, missing, house_account)


def stake(account: Account, amount_micros: int, bonus_micros: int, house_account: str) -> Posting | None:
    """Take a stake: the asked split, or cash first and bonus for the rest; ``None`` when the funds are too small."""
    if bonus_micros == 0 and amount_micros > account.cash_micros:
        bonus_micros = amount_micros - account.cash_micros
    cash_micros = amount_micros - bonus_micros
    if cash_micros > account.cash_micros or bonus_micros > account.bonus_micros:
        return None
    return _new(Posting, (-cash_micros, -bonus_micros, 0, 0, house_account))
