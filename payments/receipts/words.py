"""Amounts in Vietnamese words."""

import unicodedata
from typing import Final

from payments.errors import MoneyUnsound
from payments.money import VND, Money

LARGEST: Final = 10**18 - 1
DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
BILLION: Final = 10**9
# Groups of three digits below a billion, from the left.
GROUPS: Final = ((10**6, "triệu"), (10**3, "nghìn"), (1, ""))


def amount_in_words(amount: Money, *, odd: str = "linh") -> str:
    """Return an amount of VND as receipts write it: "Một trăm năm mươi nghìn đồng".

    Args:
        odd: The word for an empty ten, "linh" in the north and "lẻ" in the south.
    Raises:
        MoneyUnsound: Another currency, a negative amount, or 10^18 and more.
    """
    if amount.currency != VND or not 0 <= amount.amount_minor <= LARGEST:
        raise MoneyUnsound("words are for VND from 0 to below 10^18")
    text = " ".join([*number_words(amount.amount_minor, odd=odd), "đồng"])
    return unicodedata.normalize("NFC", text[0].upper() + text[1:])


def number_words(number: int, *, odd: str = "linh") -> list[str]:
    """Return a number's words; billions count again from thousands: 10^12 is "một nghìn tỷ"."""
    if number == 0:
        return [DIGITS[0]]
    billions, rest = divmod(number, BILLION)
    words = [*number_words(billions, odd=odd), "tỷ"] if billions else []
    for size, name in GROUPS:
        group, rest = divmod(rest, size)
        if group:
            words += [*_group_words(group, odd, leading=not words), *([name] if name else [])]
    return words


def _group_words(group: int, odd: str, *, leading: bool) -> list[str]:
    """Return the words of up to three digits; after other words the hundreds are said even where there are none."""
    hundreds, rest = divmod(group, 100)
    tens, units = divmod(rest, 10)
    words = [] if leading and not hundreds else [DIGITS[hundreds], "trăm"]
    if tens == 0:
        if units:
            words += [*([odd] if words else []), DIGITS[units]]
        return words
    words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    return [*words, *_unit_words(tens, units)]


def _unit_words(tens: int, units: int) -> list[str]:
    """Return the last digit as it sounds after a ten: mốt, tư and lăm."""
    if units == 0:
        return []
    if units == 5:
        return ["lăm"]
    if tens > 1 and units in (1, 4):
        return ["mốt" if units == 1 else "tư"]
    return [DIGITS[units]]
