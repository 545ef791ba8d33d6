"""Amounts in words: cases written by hand, and every number read back by a reader written apart from the writer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.errors import MoneyUnsound
from payments.money import Money
from payments.receipts.words import amount_in_words, number_words

WRITTEN = {
    0: "không",
    1: "một",
    4: "bốn",
    5: "năm",
    10: "mười",
    11: "mười một",
    14: "mười bốn",
    15: "mười lăm",
    20: "hai mươi",
    21: "hai mươi mốt",
    24: "hai mươi tư",
    25: "hai mươi lăm",
    31: "ba mươi mốt",
    44: "bốn mươi tư",
    55: "năm mươi lăm",
    91: "chín mươi mốt",
    100: "một trăm",
    101: "một trăm linh một",
    104: "một trăm linh bốn",
    105: "một trăm linh năm",
    110: "một trăm mười",
    111: "một trăm mười một",
    115: "một trăm mười lăm",
    121: "một trăm hai mươi mốt",
    500: "năm trăm",
    555: "năm trăm năm mươi lăm",
    1_000: "một nghìn",
    1_001: "một nghìn không trăm linh một",
    1_010: "một nghìn không trăm mười",
    1_015: "một nghìn không trăm mười lăm",
    1_021: "một nghìn không trăm hai mươi mốt",
    1_100: "một nghìn một trăm",
    21_000: "hai mươi mốt nghìn",
    150_000: "một trăm năm mươi nghìn",
    204_321: "hai trăm linh bốn nghìn ba trăm hai mươi mốt",
    1_000_000: "một triệu",
    1_000_005: "một triệu không trăm linh năm",
    1_005_000: "một triệu không trăm linh năm nghìn",
    10_000_000: "mười triệu",
    105_024_000: "một trăm linh năm triệu không trăm hai mươi tư nghìn",
    1_000_000_000: "một tỷ",
    1_000_000_001: "một tỷ không trăm linh một",
    1_001_000_000: "một tỷ không trăm linh một triệu",
    21_000_000_000: "hai mươi mốt tỷ",
    999_999_999_999: (
        "chín trăm chín mươi chín tỷ chín trăm chín mươi chín triệu chín trăm chín mươi chín nghìn "
        "chín trăm chín mươi chín"
    ),
    1_000_000_000_000: "một nghìn tỷ",
    1_005_000_000_000: "một nghìn không trăm linh năm tỷ",
    1_000_000_000_000_000: "một triệu tỷ",
    1_000_000_000_000_001: "một triệu tỷ không trăm linh một",
}
DIGITS = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
}


def read_back(words: list[str]) -> int:
    """Read a number's words from left to right, as a listener would."""
    above, below, group, digit = 0, 0, 0, 0
    for word in words:
        if word in DIGITS:
            digit = DIGITS[word]
        elif word == "trăm":
            group, digit = group + digit * 100, 0
        elif word == "mười":
            group += 10
        elif word == "mươi":
            group, digit = group + digit * 10, 0
        elif word in ("triệu", "nghìn"):
            below, group, digit = below + (group + digit) * (10**6 if word == "triệu" else 10**3), 0, 0
        elif word == "tỷ":
            above, below, group, digit = (above + below + group + digit) * 10**9, 0, 0, 0
        else:
            assert word in ("linh", "lẻ")
    return above + below + group + digit


@pytest.mark.parametrize(("number", "words"), WRITTEN.items())
def test_numbers_read_as_people_write_them(number, words):
    assert " ".join(number_words(number)) == words


def test_every_number_below_a_million_is_read_back_as_itself():
    assert all(read_back(number_words(number)) == number for number in range(0, 1_000_000, 7))


@settings(max_examples=1000)
@given(st.integers(0, 10**18 - 1))
def test_any_number_is_read_back_as_itself(number):
    assert read_back(number_words(number)) == number


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_two_numbers_never_read_alike(left, right):
    assert (number_words(left) == number_words(right)) == (left == right)


def test_an_amount_begins_with_a_capital_and_ends_with_dong():
    assert amount_in_words(Money(150_000)) == "Một trăm năm mươi nghìn đồng"


def test_the_south_says_an_empty_ten_otherwise():
    assert amount_in_words(Money(105_007), odd="lẻ") == "Một trăm lẻ năm nghìn không trăm lẻ bảy đồng"


@pytest.mark.parametrize("amount", [Money(-1), Money(10**18), Money(5, "USD")])
def test_what_has_no_words_is_refused(amount):
    with pytest.raises(MoneyUnsound):
        amount_in_words(amount)
