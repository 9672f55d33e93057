"""The currency table: what the wallet holds money in. A code that is not here is refused.

``adapters/contract/currencies.py`` is the same table for the adapters' side, which may not import the wallet; a test
keeps the two equal, and both equal to the ``iso4217`` package.
"""

from typing import NamedTuple

_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_2 = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
    "YER ZAR ZMW ZWG"
)
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_4 = "CLF UYW"


class Denomination(NamedTuple):
    """A gaming unit of a coin: 10 ** -``coin_shift`` of one coin, played with ``exponent`` decimals."""

    coin: str
    coin_shift: int
    exponent: int


DENOMINATIONS: dict[str, Denomination] = {
    "uBTC": Denomination("BTC", 6, 2),
    "mBTC": Denomination("BTC", 3, 5),
    "mBCH": Denomination("BCH", 3, 5),
    "mLTC": Denomination("LTC", 3, 5),
    "mETH": Denomination("ETH", 3, 6),
    "mBNB": Denomination("BNB", 3, 6),
    "mSOL": Denomination("SOL", 3, 6),
    "DOGE": Denomination("DOGE", 0, 6),
    "ADA": Denomination("ADA", 0, 6),
    "TRX": Denomination("TRX", 0, 6),
    "XRP": Denomination("XRP", 0, 6),
    "USDT": Denomination("USDT", 0, 6),
    "USDC": Denomination("USDC", 0, 6),
}
"""Coins by the denomination that a casino plays in: six decimals of it hold every bet, so micros are exact."""

EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_EXPONENT_0.split(), 0),
    **dict.fromkeys(_EXPONENT_2.split(), 2),
    **dict.fromkeys(_EXPONENT_3.split(), 3),
    **dict.fromkeys(_EXPONENT_4.split(), 4),
    **{code: denomination.exponent for code, denomination in DENOMINATIONS.items()},
}
"""Decimals of each currency's minor unit as ISO 4217 has them; codes without one (metals, test codes) are left out."""

CURRENCY_CODES = frozenset(EXPONENTS)
