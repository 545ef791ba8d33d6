"""What a receipt's public page shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.web.pay_views import FeeItem


@dataclass(frozen=True)
class ReceiptPage:
    """A numbered receipt; state is what holds today, never a deletion."""

    code: str
    form_code: str
    series: str
    number: str
    kind: Literal["phi", "le-phi"]
    unit_name: str
    payer_name: str
    dossier_code: str
    items: tuple[FeeItem, ...]
    total_minor: int
    total_in_words: str
    issued_at: datetime
    payment_method: str
    state: Literal["preparing", "issued", "cancelled", "replaced"]
    document_ready: bool
    xml_ready: bool = False
    document_sha256: str | None = None
    sealed_by: str | None = None
    sealed_at: datetime | None = None
    replaced_by_code: str | None = None
