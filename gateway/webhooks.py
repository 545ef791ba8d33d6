"""Signatures of outgoing events, after the Standard Webhooks specification; secrets are derived, never stored."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from gateway.db.tables.work import EventRow


def endpoint_key(master_secret: str, endpoint_id: str) -> bytes:
    """Return the 256-bit key of one endpoint: derived from the master secret, so that no table holds it."""
    return hmac.new(master_secret.encode(), f"webhook endpoint {endpoint_id}".encode(), hashlib.sha256).digest()


def shown_secret(key: bytes) -> str:
    """Return a key as receivers write it down: `whsec_` and Base64."""
    return "whsec_" + base64.b64encode(key).decode()


def signature(key: bytes, message_id: str, sent_at: datetime, body: bytes) -> str:
    """Return the webhook-signature header: `v1,` and Base64 of HMAC-SHA256 over id, time and raw body."""
    signed = f"{message_id}.{int(sent_at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def event_document(event: EventRow) -> dict[str, Any]:
    """Return an event as the API and the webhooks show it."""
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": event.occurred_at.astimezone(UTC).isoformat(),
        "unit_id": event.unit_id,
        "subject_id": event.subject_id,
        "data": event.data,
    }


def event_body(event: EventRow) -> bytes:
    """Return the bytes that are sent and signed: the same for every attempt."""
    return json.dumps(event_document(event), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
