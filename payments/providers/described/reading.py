"""Incoming messages in our words: proved first, then read field by field as the description says."""

import re
from collections.abc import Mapping

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.local_time import parse_compact_local
from payments.model import CallbackCall, ProviderEvent, ProviderOutcome
from payments.money import VND, Money
from payments.providers.described.fields import form_fields, json_fields
from payments.providers.described.layout import Report
from payments.providers.described.templates import filled_text

# Whole dong; some partners' serialisers write a fraction of zeros.
_AMOUNT = re.compile(r"([0-9]{1,15})(?:\.0{1,5})?")
MOST_REFERENCE, MOST_TRANSACTION, MOST_CODE = 100, 100, 20


def carried_fields(call: CallbackCall, report: Report, name: str) -> dict[str, str]:
    """Return the fields of a call, not proved yet.

    Raises:
        CallbackNotAuthentic: They cannot be what the provider signed.
    """
    try:
        if report.carrier == "json":
            return json_fields(call.body)
        return form_fields(call.query if report.carrier == "query" else call.body)
    except ValueError:
        raise CallbackNotAuthentic(f"{name}: the message cannot be read") from None


def prove(fields: Mapping[str, str], report: Report, account: Mapping[str, str], secret: str, name: str) -> None:
    """Hold fields to their checksum, if the description names one, and to what makes them meant for us.

    Raises:
        CallbackNotAuthentic: The checksum is absent or wrong, or the message is another one or another's.
    """
    if report.checksum is not None and not report.checksum.proves(fields, secret):
        raise CallbackNotAuthentic(f"{name}: the checksum is absent or wrong")
    for field, value in report.expected.items():
        if fields.get(field, "") != filled_text(value, account):
            raise CallbackNotAuthentic(f"{name}: {field} is not what it is for us")


def read_event(fields: Mapping[str, str], report: Report, name: str) -> ProviderEvent:
    """Say in our words what proved fields report.

    Raises:
        CallbackUnreadable: A field that we need is missing or malformed.
    """
    try:
        code = fields[report.code]
        outcome = _outcome(code, report)
        # A payment that failed may have no number at the provider.
        transaction = fields.get(report.transaction, "") or ("" if outcome is ProviderOutcome.SUCCEEDED else "0")
        paid_at = fields.get(report.paid_at, "") if report.paid_at else ""
        return ProviderEvent(
            provider=name,
            reference=_named(fields[report.reference], MOST_REFERENCE),
            transaction=_named(transaction, MOST_TRANSACTION),
            amount=_amount(fields[report.amount], fields[report.currency] if report.currency else VND),
            outcome=outcome,
            code=_named(code, MOST_CODE),
            paid_at=parse_compact_local(paid_at) if paid_at else None,
        )
    except (KeyError, ValueError) as error:
        raise CallbackUnreadable(f"{name}: a field is missing or malformed: {error}") from None


def _outcome(code: str, report: Report) -> ProviderOutcome:
    if code in report.paid:
        return ProviderOutcome.SUCCEEDED
    if code in report.failed:
        return ProviderOutcome.FAILED
    return ProviderOutcome.NOT_FOUND if code in report.not_found else ProviderOutcome.UNKNOWN


def _amount(text: str, currency: str) -> Money:
    found = _AMOUNT.fullmatch(text)
    if not found or not int(found[1]):
        raise ValueError("the amount is not whole, positive dong")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError("the currency is not three capital letters")
    return Money(int(found[1]), currency)


def _named(value: str, most_characters: int) -> str:
    if not value.isprintable() or not 0 < len(value) <= most_characters:
        raise ValueError("a reference, number or code is empty, too long or not printable")
    return value
