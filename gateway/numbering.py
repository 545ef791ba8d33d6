"""Number and date that a clerk gives a document between its signatures."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.refusal import ApiProblem
from signing.appearance.style import StampStyle
from signing.errors.stamps import PlacementInvalid
from signing.formats.pdf.text_fields import TextField
from signing.model import PADES, BesideText, PageCorner, PageRectangle
from signing.profiles import parse_placement
from signing.request_flow import is_numbered_before
from signing.store import RequestDocumentRow, SigningRequestRow, SigningStepRow

PLACEHOLDERS = ("number", "day", "month", "year")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def check_numbering(numbering: Mapping[str, Any], format_name: str, step_count: int) -> None:
    """Refuse a numbering that could not be carried out.

    Args:
        numbering: before_step, and fields as text_fields takes them.
    Raises:
        ApiProblem, PlacementInvalid: What is wrong with it.
    """
    if format_name != PADES:
        raise ApiProblem("format-shows-nothing", f"the format {format_name} has no page to write a number on")
    if numbering["before_step"] >= step_count:
        raise ApiProblem("signing-step-not-found", f"the request has {step_count} steps, from 0")
    for wanted in numbering["fields"]:
        strange = [name for name in _PLACEHOLDER.findall(wanted["text"]) if name not in PLACEHOLDERS]
        if strange:
            raise ApiProblem("numbering-invalid", f"{{{strange[0]}}} is none of {', '.join(PLACEHOLDERS)}")
        if (wanted["field_name"] is None) == (wanted["placement"] is None):
            raise ApiProblem("numbering-invalid", "each field is named by field_name, or placed by placement")
    _fields(numbering, None)


def texts_to_write(
    request: SigningRequestRow, document: RequestDocumentRow, step: SigningStepRow
) -> tuple[TextField, ...]:
    """Return what is written into a document before a step signs it: empty fields, filled ones, or nothing."""
    if request.numbering is None or document.numbered:
        return ()
    if is_numbered_before(request, step) and document.number is not None:
        return _fields(request.numbering, document.number)
    if document.current_document_id != document.original_document_id:
        return ()
    return tuple(field for field in _fields(request.numbering, None) if field.placement is not None)


def given_number(number: str, day: date) -> dict[str, str]:
    """Return a document's number and date as they are kept.

    Days below 10 and the months 1 and 2 begin with 0. Source: Decree 30/2020/NĐ-CP, appendix I, part I.
    """
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return {"number": number, "day": f"{day.day:02}", "month": month, "year": str(day.year)}


def _fields(numbering: Mapping[str, Any], given: Mapping[str, str] | None) -> tuple[TextField, ...]:
    return tuple(_field(position, wanted, given) for position, wanted in enumerate(numbering["fields"], start=1))


def _field(position: int, wanted: Mapping[str, Any], given: Mapping[str, str] | None) -> TextField:
    placement = None if wanted["placement"] is None else parse_placement(wanted["placement"])
    if placement is not None and not isinstance(placement, BesideText | PageRectangle | PageCorner):
        raise PlacementInvalid("a text field stands beside-text, in a page-rectangle or in a page-corner")
    text = None if given is None else wanted["text"].format_map(given)
    style = StampStyle((wanted["text"],), size_pt=wanted["size_pt"], width_mm=wanted["width_mm"], align=wanted["align"])
    return TextField(wanted["field_name"] or f"Numbering{position}", style, placement, text)
