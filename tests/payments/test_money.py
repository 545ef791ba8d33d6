import pytest

from payments.errors import CurrencyMismatch, MoneyUnsound
from payments.money import Money


@pytest.mark.parametrize("amount", [1.0, "1", True, None, 2**63])
def test_what_is_no_whole_number_is_no_amount(amount):
    with pytest.raises(MoneyUnsound):
        Money(amount)


@pytest.mark.parametrize("currency", ["vnd", "VN", "", "ĐNG"])
def test_what_is_no_currency_code_is_refused(currency):
    with pytest.raises(MoneyUnsound):
        Money(1, currency)


def test_amounts_of_one_currency_add_up():
    assert Money(120_000) + Money(30_000) == Money(150_000)
    assert Money(120_000) - Money(30_000) == Money(90_000)


def test_amounts_of_two_currencies_do_not_add_up():
    with pytest.raises(CurrencyMismatch):
        Money(1) + Money(1, "USD")
    assert Money(1) != Money(1, "USD")
