"""Casso's webhook, version 2. Source: Casso developer documentation, webhook V2 and its check of integrity."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import BankTransfer, CallbackCall, NothingToSettle
from payments.providers.js_json import sorted_deeply, stringify
from payments.providers.json_fields import (
    account_number,
    bank_reference,
    free_text,
    local_moment,
    notice_number,
    whole_number,
)
from payments.providers.notices import credit_of
from payments.providers.plain_fields import parse_object
from payments.providers.proofs import is_proof

NAME: Final = "casso"
HEADER: Final = "x-casso-signature"
PROOF = re.compile(r"t=([0-9]{1,15}),\s*v1=([0-9A-Fa-f]{128})")


def read_callback(call: CallbackCall, key: str, window: timedelta) -> BankTransfer | NothingToSettle:
    """Authenticate a notice, then say which order's transfer it tells of.

    Args:
        window: How far the time that is signed may be from that of the call: an old call is no proof of today's.
    Raises:
        CallbackNotAuthentic: The signature is absent, wrong or of another time.
        CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
    """
    told = _proven(call, key, window)
    try:
        data = told["data"]
        if not isinstance(data, Mapping):
            return NothingToSettle("casso: tells of no transaction")
        amount = whole_number(data["amount"])
        if amount <= 0:
            return NothingToSettle("casso: no money came in")
        return credit_of(
            provider=NAME,
            notice=notice_number(data["id"]),
            bank_reference=bank_reference(data.get("reference")),
            amount_minor=amount,
            accounts=(account_number(data["accountNumber"]), account_number(data.get("virtualAccountNumber"))),
            texts=(free_text(data["description"]),),
            received_at=local_moment(data["transactionDateTime"]),
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise CallbackUnreadable(f"casso: a field is missing or malformed: {error}") from None


def proof_of(told: Mapping[str, Any], timestamp: str, key: str) -> str:
    """Return the proof of a message: HMAC-SHA512 over its time and its JSON with all names in order.

    Raises:
        ValueError: It has no JSON as JavaScript writes it.
    """
    text = f"{timestamp}.{stringify(sorted_deeply(told))}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha512).hexdigest()


def _proven(call: CallbackCall, key: str, window: timedelta) -> Mapping[str, Any]:
    given = PROOF.fullmatch(call.headers.get(HEADER, "").strip())
    if given is None:
        raise CallbackNotAuthentic("casso: the signature is absent or malformed")
    timestamp, proof = given.groups()
    try:
        told = parse_object(call.body)
        expected = proof_of(told, timestamp, key)
    except (ValueError, RecursionError):
        raise CallbackNotAuthentic("casso: the call is not a signed notice") from None
    if not is_proof(proof, expected):
        raise CallbackNotAuthentic("casso: the signature is wrong")
    if call.received_at is None or abs(call.received_at - _moment(timestamp)) > window:
        raise CallbackNotAuthentic("casso: the signature is of another time, so the call may be an old one again")
    return told


def _moment(milliseconds: str) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))
