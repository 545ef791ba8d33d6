"""What the pages about verifications show."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gateway.web.view_models import Text


class VerifyState(StrEnum):
    """How far a verification is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Indication(StrEnum):
    """ETSI EN 319 102-1, 5.1.3, with the case of a document that nobody signed."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"
    NO_SIGNATURE = "NO_SIGNATURE"


@dataclass(frozen=True)
class SignatureView:
    """One signature as the validation found it. signed_at is the best signature time."""

    indication: Indication
    signer_name: str
    organisation: str | None
    signed_at: datetime | None
    time_proven_by: str | None
    reasons: tuple[Text, ...]
    covers_whole_document: bool
    role: Literal["person", "organisation"] | None = None
    sub_indication: str | None = None
    level: str | None = None
    field_name: str | None = None
    claimed_at: datetime | None = None
    chain: tuple[str, ...] = ()
    revocation_source: str | None = None
    revocation_updated_at: datetime | None = None


@dataclass(frozen=True)
class VerifyPage:
    """A verification: signatures and overall are there once the state is ready, problem once it has failed."""

    code: str
    file_name: str
    size_bytes: int
    sha256: str
    received_at: datetime
    state: VerifyState
    overall: Indication | None = None
    validated_at: datetime | None = None
    signatures: tuple[SignatureView, ...] = ()
    problem: Text | None = None
