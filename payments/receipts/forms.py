"""Form codes and series of receipts, as the operator configures them; phí and lệ phí are numbered apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from config.settings import ReceiptSettings
from payments.errors import ReceiptSeriesUnsound
from payments.local_time import HANOI
from payments.model import FeeKind

SOUND: Final = re.compile(r"[0-9A-Z/-]{1,20}")


@dataclass(frozen=True)
class ReceiptForm:
    """A form and its series; `{yy}` in the series stands for the last two digits of the year in Vietnam."""

    form_code: str
    series_pattern: str

    def series(self, issued_at: datetime) -> str:
        """Return the series of a receipt that is issued now.

        Raises:
            ReceiptSeriesUnsound: The form or series holds more than capitals, digits, dashes and slashes.
        """
        series = self.series_pattern.replace("{yy}", f"{issued_at.astimezone(HANOI):%y}")
        if not SOUND.fullmatch(series) or not SOUND.fullmatch(self.form_code):
            raise ReceiptSeriesUnsound("form codes and series are up to 20 capitals, digits, dashes and slashes")
        return series


ReceiptForms = Mapping[FeeKind, ReceiptForm]


def receipt_forms(settings: ReceiptSettings) -> ReceiptForms:
    """Return the forms that the settings name.

    Raises:
        ReceiptSeriesUnsound: Both kinds of fee would be numbered in one series.
    """
    forms = {
        FeeKind.PHI: ReceiptForm(settings.fee_form_code, settings.fee_series),
        FeeKind.LE_PHI: ReceiptForm(settings.charge_form_code, settings.charge_series),
    }
    if forms[FeeKind.PHI] == forms[FeeKind.LE_PHI]:
        raise ReceiptSeriesUnsound("phí and lệ phí need different forms or series")
    return forms
