"""What a caller is told, in the fields of the description."""

import json
from collections.abc import Mapping
from typing import Final

from payments.errors import CallbackNotAuthentic
from payments.model import REFUSALS, Acknowledgement, CallbackCall, SettlementOutcome
from payments.providers.described.checksum import AmbiguousContent
from payments.providers.described.layout import Messages
from payments.providers.described.reading import carried_fields
from payments.providers.described.writing import as_json, composed

# Echoed fields of a call are cut: an answer is no place for somebody's text.
MOST_ECHOED = 200
WORDS: Final[Mapping[SettlementOutcome, str]] = {
    SettlementOutcome.BOOKED: "Da ghi nhan",
    SettlementOutcome.SUSPENDED: "Da ghi nhan, cho xu ly",
    SettlementOutcome.FAILURE_NOTED: "Da ghi nhan giao dich khong thanh cong",
    SettlementOutcome.UNKNOWN_NOTED: "Da ghi nhan, se truy van",
    SettlementOutcome.DUPLICATE: "Da ghi nhan truoc do",
    SettlementOutcome.REFUND_NOTED: "Da ghi nhan hoan tien",
    SettlementOutcome.NOTHING_TO_SETTLE: "Khong co khoan nao de ghi nhan",
    SettlementOutcome.ATTEMPT_NOT_FOUND: "Khong tim thay ma tham chieu",
    SettlementOutcome.AMOUNT_MISMATCH: "So tien hoac loai tien khong khop",
    SettlementOutcome.NOT_AUTHENTIC: "Ma xac thuc khong hop le",
    SettlementOutcome.UNREADABLE: "Thieu hoac sai truong du lieu",
    SettlementOutcome.OUR_FAULT: "Loi he thong, vui long gui lai",
}


def acknowledgement(
    messages: Messages,
    outcome: SettlementOutcome,
    call: CallbackCall,
    account: Mapping[str, str],
    secret: str | None,
) -> Acknowledgement:
    """Return the answer to a call; 503 where our own side failed, so that the sender repeats.

    Args:
        secret: None where the answer is not to be signed: its checksum is then empty.
    """
    answer = messages.answer
    code = answer.refused if outcome in REFUSALS else answer.accepted
    values = {**account, "code": code, "message": WORDS[outcome], **_echoed(messages, call)}
    try:
        fields = composed(answer, values, secret) if secret is not None else _unsigned(messages, values)
    except AmbiguousContent:
        fields = _unsigned(messages, values)
    status = 503 if outcome is SettlementOutcome.OUR_FAULT else 200
    try:
        body = as_json(fields, answer.numbers)
    except ValueError:
        body = json.dumps(fields, ensure_ascii=False).encode()
    return Acknowledgement(status, "application/json", body, code[:20])


def _unsigned(messages: Messages, values: Mapping[str, str]) -> dict[str, object]:
    answer = messages.answer
    fields: dict[str, object] = composed(answer.model_copy(update={"checksum": None}), values, "")
    return {**fields, answer.checksum.field: ""} if answer.checksum else fields


def _echoed(messages: Messages, call: CallbackCall) -> dict[str, str]:
    try:
        fields = carried_fields(call, messages.callback, "")
    except CallbackNotAuthentic:
        return {}
    return {f"call.{name}": value[:MOST_ECHOED] for name, value in fields.items()}
