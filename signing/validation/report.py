"""The report of one validation: plain frozen data, ready for JSON and for the way back from the child process."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from certs.model import Indication, SubIndication
from certs.revocation.model import StatusQuery


class Overall(StrEnum):
    """The document in one word: the worst of its signatures."""

    PASSED = "TOTAL_PASSED"
    FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"
    NO_SIGNATURE = "NO_SIGNATURE"


class Modifications(StrEnum):
    """What happened to the file after a signature."""

    NONE = "none"
    PERMITTED = "permitted"
    """Only what a signed document allows: further signatures, form fields, validation evidence."""
    NOT_PERMITTED = "not-permitted"
    UNCLEAR = "unclear"
    """The later part could not be compared with the signed one; treated like NOT_PERMITTED."""


@dataclass(frozen=True)
class Reason:
    """One finding in plain words."""

    code: str
    vi: str
    en: str


@dataclass(frozen=True)
class TimestampReport:
    """One time-stamp token: in a signature, or over the document."""

    place: str
    """signature or document."""
    authority_name: str
    time: datetime | None
    trusted: bool
    sub_indication: SubIndication | None = None
    fact: str = ""


@dataclass(frozen=True)
class RevocationReport:
    """How the signer's status was known. Times are aware and UTC."""

    status: str
    source: str | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    findings: tuple[Reason, ...] = ()
    """Where nobody could say: what is wrong with each answer, and which addresses gave none."""


@dataclass(frozen=True)
class SignatureReport:
    """One signature of the document's content."""

    field_name: str
    indication: Indication
    sub_indication: SubIndication | None
    reasons: tuple[Reason, ...]
    intact: bool | None
    """Digest and value hold over the bytes that the signature covers; None where that could not be worked out."""
    covers_whole_document: bool
    modifications_after: Modifications
    signer_name: str = ""
    organisation: str = ""
    role: str | None = None
    claimed_time: datetime | None = None
    best_signature_time: datetime | None = None
    """The earliest time for which a trusted time-stamp proves the signature; without one, the validation time."""
    timestamp_by: str | None = None
    timestamps: tuple[TimestampReport, ...] = ()
    level: str | None = None
    chain_names: tuple[str, ...] = ()
    signer_certificate_der: bytes | None = None
    revocation: RevocationReport = field(default_factory=lambda: RevocationReport("unknown"))

    @property
    def modified_after(self) -> bool:
        """Say whether the file was, or may have been, changed after this signature beyond what is allowed."""
        return self.modifications_after in {Modifications.NOT_PERMITTED, Modifications.UNCLEAR}


@dataclass(frozen=True)
class ValidationReport:
    """All that was found in one file."""

    document_sha256: str
    document_size_bytes: int
    validated_at: datetime
    overall: Overall
    signatures: tuple[SignatureReport, ...]
    document_timestamps: tuple[TimestampReport, ...] = ()
    document_reasons: tuple[Reason, ...] = ()
    """Findings about the file as a whole, such as that it cannot be read."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data: times in RFC 3339, certificates as hexadecimal DER."""
        ready = _ready(self)
        for signature, shown in zip(self.signatures, ready["signatures"], strict=True):
            shown["modified_after"] = signature.modified_after
        return dict(ready)


@dataclass(frozen=True)
class EvidenceNeeds:
    """Whose revocation status a validation of the file would need. Signers and time-stamp authorities alike."""

    queries: tuple[StatusQuery, ...] = ()


def _ready(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_ready(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _ready(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
