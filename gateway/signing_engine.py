"""One signature on one document, from the certificate's right to sign to our own validation of the result."""

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from certs.errors import KeySourceHeld
from certs.journeys import chain_ders_of, check_may_sign
from certs.model import CertificateRole, CertificateState, Purpose
from certs.store import SigningCertificate
from gateway.blobs import Blob
from gateway.db.tables.documents import DocumentRow, SignaturePictureRow
from gateway.services import Services
from gateway.trust import revocation_gatherer, trust_anchors
from signing.journeys import sign_pdf
from signing.key_sources.registry import open_key_source
from signing.model import Level, SignatureStep, SignedRevision, SigningProfile


class ResultNotGood(Exception):
    """Our own validation does not find the new signature good; the result was not kept."""

    code: ClassVar[str] = "result-not-good"


@dataclass(frozen=True)
class SigningOrder:
    """One document, one certificate, one way of signing."""

    document: DocumentRow
    certificate: SigningCertificate
    profile_code: str
    placement: dict[str, Any] | None
