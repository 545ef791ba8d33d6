"""The evidence of one signed document: what was signed by whom, who approved it, and that nothing was changed since.

An ASiC-E container, sealed by the unit: the original, the signed file, our validation of it now, and a record of every
revision, act and audit entry, so that it speaks for itself where this gateway cannot be asked.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from certs.model import CertificateRole
from certs.names import get_names
from certs.store import SigningCertificate
from gateway.blobs import Blob
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.work import AuditRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.file_signing import sign_local_files
from gateway.receipt_seal import UnitHasNoSeal
from gateway.services import Services
from gateway.validating import validate_file
from signing.files.registry import FileOrder
from signing.model import Level
from signing.store import RequestDocumentRow, SigningRequestRow

FORMAT = "asic-e"
LEVEL = Level.B_T
RECORD = "evidence.json"
REPORT = "validation.json"


@dataclass(frozen=True)
class Subject:
    """One document of a request with all its revisions, oldest first."""

    request: SigningRequestRow
    document: RequestDocumentRow
    revisions: tuple[DocumentRow, ...]


def find_subject(work: UnitOfWork, request: SigningRequestRow, document: RequestDocumentRow) -> Subject:
    """Return a document of a request with the chain of revisions that leads from its original to its newest."""
    revisions = [work.session.get_one(DocumentRow, document.current_document_id)]
    while revisions[0].id != document.original_document_id and revisions[0].previous_id is not None:
        revisions.insert(0, work.session.get_one(DocumentRow, revisions[0].previous_id))
    return Subject(request, document, tuple(revisions))


def record_of(work: UnitOfWork, subject: Subject, now: datetime) -> dict[str, Any]:
    """Return all that the gateway knows of a signed document, ready for JSON."""
    request = subject.request
    return {
        "made_at": now.isoformat(),
        "unit_id": request.unit_id,
        "dossier_code": request.dossier_code,
        "signing_request": {
            "id": request.id,
            "title": request.title,
            "state": request.state,
            "asked_by_client": request.client_id,
            "asked_at": request.created_at.isoformat(),
        },
        "revisions": [_revision(row) for row in subject.revisions],
        "signatures": _signatures(work, subject),
        "acts": _acts(request),
        "audit": [_audit_entry(row) for row in _audit_rows(work, subject)],
    }


def _revision(row: DocumentRow) -> dict[str, Any]:
    return {
        "document_id": row.id,
        "sha256": row.sha256,
        "size_bytes": row.size_bytes,
        "filename": row.filename,
        "made_by": row.created_by,
        "made_at": row.created_at.isoformat(),
    }


def _signatures(work: UnitOfWork, subject: Subject) -> list[dict[str, Any]]:
    made = [
        (step, signature)
        for step in subject.request.steps
        for signature in step.signatures
        if signature.request_document_id == subject.document.id
    ]
    found = []
    for step, signature in sorted(made, key=lambda pair: pair[1].id):
        certificate = work.session.get_one(SigningCertificate, signature.certificate_id)
        names = get_names(certificate.certificate_der)
        found.append(
            {
                "step": step.position,
                "profile": step.profile_code,
                "signer": names.display_name,
                "certificate_serial": names.serial_hex,
                "certificate_sha256": certificate.sha256,
                "field_name": signature.field_name,
                "level": signature.level,
                "signed_at": signature.signed_at.isoformat(),
                "input_document_id": signature.input_document_id,
                "output_document_id": signature.output_document_id,
            }
        )
    return found


def _acts(request: SigningRequestRow) -> list[dict[str, Any]]:
    positions = {step.id: step.position for step in request.steps}
    return [
        {
            "act": act.act,
            "step": positions.get(act.step_id or ""),
            "actor": act.actor,
            "actor_role": act.actor_role,
            "from_address": act.from_address,
            "vouched_for_by_client": act.client_id,
            "text": act.text,
            "acted_at": act.acted_at.isoformat(),
            **act.details,
        }
        for act in request.acts
    ]


def _audit_rows(work: UnitOfWork, subject: Subject) -> Sequence[AuditRow]:
    """Return the entries of the unit's chain about the request and the document's revisions, in the chain's order."""
    subjects = [subject.request.id, *(row.id for row in subject.revisions)]
    query = select(AuditRow).where(AuditRow.unit_id == subject.request.unit_id, AuditRow.subject_id.in_(subjects))
    return work.session.scalars(query.order_by(AuditRow.sequence)).all()


def _audit_entry(row: AuditRow) -> dict[str, Any]:
    """Return an entry with all that its hash covers, so that anyone can compute it again (gateway.db.audit)."""
    return {
        "sequence": row.sequence,
        "unit_id": row.unit_id,
        "occurred_at": row.occurred_at.isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject_id": row.subject_id,
        "details": row.details,
        "previous_sha256": row.previous_sha256,
        "sha256": row.sha256,
    }


def make_evidence(services: Services, request_document_id: str, now: datetime) -> tuple[Blob, SigningCertificate]:
    """Pack and seal the evidence of one document; returns its bytes in the store and the certificate that sealed it.

    Raises:
        UnitHasNoSeal: The unit has no organisation certificate in force.
        CertsError, SigningError, SecretUnavailable, ConfinementError, BlobMissing: Nothing was kept.
    """
    with services.unit_of_work(read_only=True) as work:
        document = work.session.get_one(RequestDocumentRow, request_document_id)
        request = work.session.get_one(SigningRequestRow, document.request_id)
        subject = find_subject(work, request, document)
        record = record_of(work, subject, now)
        seals = work.certificates.find_active(request.unit_id, CertificateRole.ORGANISATION, now)
    if not seals:
        raise UnitHasNoSeal("the unit has no organisation certificate in force that is not held")
    with services.blobs.scratch() as folder:
        files = _files(services, subject, record, folder, now)
        target = folder / "evidence.asice"
        sign_local_files(services, seals[0].id, FORMAT, FileOrder(tuple(files), LEVEL), target, now)
        return services.blobs.put_file(target), seals[0]


def _files(
    services: Services, subject: Subject, record: dict[str, Any], folder: Path, now: datetime
) -> list[tuple[str, Path]]:
    original, signed = folder / "original", folder / "signed"
    for path, row in ((original, subject.revisions[0]), (signed, subject.revisions[-1])):
        with services.blobs.local(row.sha256) as kept:
            shutil.copyfile(kept, path)
    report = validate_file(services, signed, now).to_dict()
    (folder / REPORT).write_text(_json(report), encoding="utf-8")
    (folder / RECORD).write_text(_json(record), encoding="utf-8")
    return [
        (f"original{_suffix(subject.revisions[0])}", original),
        (f"signed{_suffix(subject.revisions[-1])}", signed),
        (REPORT, folder / REPORT),
        (RECORD, folder / RECORD),
    ]


def _suffix(row: DocumentRow) -> str:
    suffix = Path(row.filename).suffix.lower()
    return suffix if suffix.isascii() and suffix[1:].isalnum() else ""


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str)
