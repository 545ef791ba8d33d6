from datetime import UTC, datetime

import pytest

from config.settings import ReceiptSettings
from payments.errors import ReceiptSeriesUnsound
from payments.model import FeeKind
from payments.receipts.forms import ReceiptForm, receipt_forms


def test_a_series_carries_the_year_in_vietnam():
    form = ReceiptForm("01BLP0-001", "PH-{yy}E")
    assert form.series(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)) == "PH-26E"
    assert form.series(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == "PH-27E"


@pytest.mark.parametrize(
    ("form", "series"), [("", "PH-26E"), ("01BLP0-001", ""), ("01BLP0-001", "ph'26"), ("X" * 21, "A")]
)
def test_a_form_or_series_that_cannot_be_printed_is_refused(at, form, series):
    with pytest.raises(ReceiptSeriesUnsound):
        ReceiptForm(form, series).series(at)


def test_the_settings_number_the_two_kinds_apart(at):
    forms = receipt_forms(ReceiptSettings())
    assert forms[FeeKind.PHI].series(at) != forms[FeeKind.LE_PHI].series(at)


def test_one_series_for_both_kinds_is_refused():
    with pytest.raises(ReceiptSeriesUnsound):
        receipt_forms(ReceiptSettings(fee_form_code="01", charge_form_code="01", fee_series="A", charge_series="A"))
