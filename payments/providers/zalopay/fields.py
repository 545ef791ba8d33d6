"""ZaloPay's fields and names."""

import secrets
from datetime import datetime
from typing import Final

from payments.local_time import HANOI
from payments.providers.proofs import hmac_sha256
from payments.providers.vietqr.reference import ALPHABET

REFERENCE_LENGTH: Final = 16


def new_reference(now: datetime) -> str:
    """Return a fresh app_trans_id: the day in Vietnam, then 80 random bits."""
    return f"{now.astimezone(HANOI):%y%m%d}_{''.join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))}"


def refund_name(app_id: int, reference: str, requested_at: datetime) -> str:
    """Return the m_refund_id of a refund: the day it was first asked for, our app and our reference of it."""
    return f"{requested_at.astimezone(HANOI):%y%m%d}_{app_id}_{reference}"


def mac(key: str, *values: object) -> str:
    """Return the proof over values joined by pipes."""
    return hmac_sha256(key, "|".join(str(value) for value in values))


def milliseconds(moment: datetime) -> int:
    """Return a moment as ZaloPay writes it."""
    return int(moment.timestamp() * 1000)
