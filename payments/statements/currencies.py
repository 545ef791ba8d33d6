"""Minor units of currencies, and amounts between text and whole minor units.

Source: ISO 4217, list one (active codes). Codes without a minor unit (metals, XDR, XXX) are left out on purpose:
an amount in them cannot be a whole number of minor units.
"""

import re
from decimal import Decimal

from payments.money import LARGEST_AMOUNT_MINOR

_TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DECIMALS: dict[str, int] = dict.fromkeys(_TWO_DECIMALS.split(), 2) | {
    code: decimals for decimals, codes in _OTHERS.items() for code in codes.split()
}

# ISO 20022 ActiveOrHistoricCurrencyAndAmount: not negative, 18 digits, 5 of them decimals.
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{0,5})?|\.[0-9]{1,5}")
_MOST_DIGITS = 18


def parse_amount_minor(text: str, currency: str) -> int:
    """Return an ISO 20022 amount as whole minor units of its currency; nothing is ever rounded.

    Args:
        text: A decimal without sign or exponent, such as `150000` or `18.150`.
        currency: ISO 4217 code; it decides how many decimals are whole (VND none, EUR two).
    Raises:
        ValueError: Says in one sentence what is wrong with the amount.
    """
    decimals = DECIMALS.get(currency)
    if decimals is None:
        raise ValueError(f"the currency {currency[:10]!r} has no known minor unit")
    if not _AMOUNT.fullmatch(text) or sum(map(str.isdigit, text)) > _MOST_DIGITS:
        raise ValueError(f"{text[:30]!r} is not an amount of at most 18 digits without a sign")
    whole, _, fraction = text.partition(".")
    if fraction[decimals:].strip("0"):
        raise ValueError(f"{text} {currency} is not a whole number of minor units")
    amount_minor = int((whole or "0") + fraction[:decimals].ljust(decimals, "0"))
    if amount_minor > LARGEST_AMOUNT_MINOR:
        raise ValueError(f"{text} {currency} is larger than can be kept")
    return amount_minor


def amount_vi(amount_minor: int, currency: str) -> str:
    """Return an amount as Vietnamese readers write it: `150.000 đồng`, `1.234,56 EUR`."""
    digits = _grouped(amount_minor, currency).translate(str.maketrans(",.", ".,"))
    return f"{digits} đồng" if currency == "VND" else f"{digits} {currency}"


def amount_en(amount_minor: int, currency: str) -> str:
    """Return an amount as English readers write it: `VND 150,000`, `EUR 1,234.56`."""
    return f"{currency} {_grouped(amount_minor, currency)}"


def _grouped(amount_minor: int, currency: str) -> str:
    decimals = DECIMALS[currency]
    return f"{Decimal(amount_minor).scaleb(-decimals):,.{decimals}f}"
