"""Amounts between text and whole minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.statements.currencies import DECIMALS, amount_en, amount_vi, parse_amount_minor


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("150000", "VND", 150_000),
        ("150000.00000", "VND", 150_000),
        ("0", "VND", 0),
        ("000150", "VND", 150),
        ("18.150", "EUR", 1_815),
        (".5", "EUR", 50),
        ("5.", "EUR", 500),
        ("1.234", "KWD", 1_234),
        ("2700", "JPY", 2_700),
        ("1.2345", "CLF", 12_345),
        ("92233720368547758", "EUR", 9_223_372_036_854_775_800),
    ],
)
def test_amounts_become_whole_minor_units(text, currency, amount_minor):
    assert parse_amount_minor(text, currency) == amount_minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("150000.5", "VND"), ("0.001", "EUR"), ("1.2345", "KWD"), ("92233720368547759", "EUR"), (".", "VND"),
        ("-1", "VND"), ("1.000.000", "VND"), ("1,5", "EUR"), ("1.123456", "EUR"), ("1234567890123456.123", "EUR"),
        ("1", "XXX"), ("1", ""), (" 1", "VND"), ("１", "VND"),
    ],
)  # fmt: skip
def test_what_would_have_to_be_rounded_or_guessed_is_refused(text, currency):
    with pytest.raises(ValueError, match=r"."):
        parse_amount_minor(text, currency)


@given(amount_minor=st.integers(0, 10**15), currency=st.sampled_from(sorted(DECIMALS)))
def test_an_amount_written_out_is_read_back(amount_minor, currency):
    written = str(Decimal(amount_minor).scaleb(-DECIMALS[currency]))

    assert parse_amount_minor(f"{Decimal(written):f}", currency) == amount_minor


def test_amounts_are_shown_as_readers_of_each_language_write_them():
    assert (amount_vi(1_234_567, "VND"), amount_en(1_234_567, "VND")) == ("1.234.567 đồng", "VND 1,234,567")
    assert (amount_vi(-123_456, "EUR"), amount_en(-123_456, "EUR")) == ("-1.234,56 EUR", "EUR -1,234.56")
