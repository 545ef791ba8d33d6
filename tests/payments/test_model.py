from dataclasses import replace
from datetime import datetime

import pytest

from payments.errors import FeeOrderUnsound, MoneyUnsound
from payments.money import Money
from tests.payments.makers import LE_PHI, PHI, draft


def test_an_order_owes_the_sum_of_its_items(at):
    assert draft(at).total == Money(150_000)


@pytest.mark.parametrize(
    "changed",
    [
        {"chapter": "42"},
        {"chapter": "4２3"},
        {"sub_item": "27161"},
        {"name": "  "},
        {"credited_unit": ""},
        {"amount": Money(0)},
        {"amount": Money(-1)},
    ],
)
def test_an_item_with_a_malformed_field_is_refused(changed):
    with pytest.raises(FeeOrderUnsound):
        replace(PHI, **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"items": ()},
        {"items": (PHI,) * 51},
        {"items": (PHI, replace(LE_PHI, amount=Money(1, "USD")))},
        {"dossier_code": " "},
        {"payer_name": ""},
        {"expires_at": datetime(2026, 11, 26)},  # noqa: DTZ001 - a time without a zone is the case
    ],
)
def test_an_order_with_a_malformed_field_is_refused(at, changed):
    with pytest.raises(FeeOrderUnsound):
        replace(draft(at), **changed)


def test_an_order_whose_sum_cannot_be_kept_is_refused(at):
    huge = replace(PHI, amount=Money(2**63 - 1))
    with pytest.raises(MoneyUnsound):
        _ = draft(at, items=(huge, LE_PHI)).total
