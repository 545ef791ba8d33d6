"""The verification page: a citizen's upload, and the report in the pages' shape."""

import secrets
from datetime import UTC, datetime
from typing import IO, Any

from sqlalchemy import select

from config.identifiers import new_id
from gateway.blobs import BlobTooLarge
from gateway.db.tables.documents import DocumentRow, ValidationRow
from gateway.inspection import inspect_document
from gateway.pages.problems import problem_text, refused
from gateway.services import Services
from gateway.web.verify_views import Indication, SignatureView, VerifyPage, VerifyState
from gateway.web.view_models import Text

# A citizen's upload belongs to no unit; nobody finds it but by its code.
PUBLIC_UNIT = "public"
# Said of a signature that fails, this would sound as if the document could be relied on.
REASSURING = "permitted-changes"
STATES = {"waiting": VerifyState.WAITING, "completed": VerifyState.READY, "failed": VerifyState.FAILED}


def start_verification(services: Services, file_name: str, content: IO[bytes]) -> str:
    """Keep an uploaded file, make its validation due and return the code of its report.

    Raises:
        ActionRefused: Empty, too large, or not a PDF.
    """
    now = datetime.now(UTC)
    try:
        blob = services.blobs.put_stream(content, services.settings.limits.document_size_bytes)
    except BlobTooLarge:
        raise refused("document-too-large") from None
    if blob.size_bytes == 0:
        raise refused("document-empty")
    media_type, inspection = inspect_document(services, blob.sha256)
    if media_type != "application/pdf":
        raise refused("document-not-pdf")
    document = DocumentRow(
        id=new_id(),
        unit_id=PUBLIC_UNIT,
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        filename=file_name.replace("/", "_").replace("\\", "_")[:200],
        media_type=media_type,
        inspection=inspection,
        created_by="citizen",
        created_at=now,
    )
    validation = ValidationRow(
        id=new_id(),
        unit_id=PUBLIC_UNIT,
        document_id=document.id,
        public_code=secrets.token_urlsafe(24),
        state="waiting",
        created_at=now,
    )
    with services.unit_of_work() as work:
        work.session.add_all([document, validation])
        work.due("validation", validation.id, PUBLIC_UNIT, now)
        work.commit()
    return validation.public_code


def find_validation(services: Services, code: str) -> tuple[ValidationRow, DocumentRow] | None:
    """Return a validation and its document by the validation's code."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.scalars(select(ValidationRow).where(ValidationRow.public_code == code)).first()
        if row is None:
            return None
        return row, work.session.get_one(DocumentRow, row.document_id)


def verify_page(validation: ValidationRow, document: DocumentRow) -> VerifyPage:
    """Return a validation as its page shows it."""
    report = validation.report or {}
    ready = validation.state == "completed"
    return VerifyPage(
        code=validation.public_code,
        file_name=document.filename,
        size_bytes=document.size_bytes,
        sha256=document.sha256,
        received_at=validation.created_at,
        state=STATES[validation.state],
        overall=Indication(report["overall"]) if ready else None,
        validated_at=_moment(report.get("validated_at")),
        signatures=tuple(_signature(found) for found in report.get("signatures", ())),
        problem=_problem(validation, report),
    )


def _problem(validation: ValidationRow, report: dict[str, Any]) -> Text | None:
    if validation.problem_code:
        return problem_text(validation.problem_code)
    reasons = report.get("document_reasons", [])
    if reasons:
        return Text(" ".join(reason["vi"] for reason in reasons), " ".join(reason["en"] for reason in reasons))
    return None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _signature(found: dict[str, Any]) -> SignatureView:
    indication = Indication(found["indication"])
    failed = indication is Indication.TOTAL_FAILED
    return SignatureView(
        indication=indication,
        signer_name=found["signer_name"],
        organisation=found["organisation"] or None,
        signed_at=_moment(found["best_signature_time"]),
        time_proven_by=found["timestamp_by"],
        reasons=tuple(
            Text(reason["vi"], reason["en"])
            for reason in found["reasons"]
            if not (failed and reason["code"] == REASSURING)
        ),
        covers_whole_document=found["covers_whole_document"],
        role=found["role"],
        sub_indication=found["sub_indication"],
        level=found["level"],
        field_name=found["field_name"],
        claimed_at=_moment(found["claimed_time"]),
        chain=tuple(found["chain_names"]),
        revocation_source=found["revocation"]["source"],
        revocation_updated_at=_moment(found["revocation"]["this_update"]),
    )
