"""One currency table, kept on both sides of a border that neither may cross."""

import iso4217

from adapters.contract import currencies as of_adapters
from wallet.ledger import currencies as of_wallet


def test_the_wallets_and_the_adapters_table_are_equal() -> None:
    assert of_wallet.EXPONENTS == of_adapters.EXPONENTS
    assert {k: tuple(v) for k, v in of_wallet.DENOMINATIONS.items()} == {
        k: tuple(v) for k, v in of_adapters.DENOMINATIONS.items()
    }


def test_w18_the_table_is_iso_4217_and_gaming_denominations() -> None:
    iso = {currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None}

    assert iso | {code: d.exponent for code, d in of_wallet.DENOMINATIONS.items()} == of_wallet.EXPONENTS
    assert (of_wallet.EXPONENTS["JPY"], of_wallet.EXPONENTS["KWD"], of_wallet.EXPONENTS["uBTC"]) == (0, 3, 2)


def test_w18_micros_hold_the_minor_unit_of_every_currency() -> None:
    assert max(of_wallet.EXPONENTS.values()) <= 6
