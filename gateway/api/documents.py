"""/v1/documents: what is to be signed or validated, kept under its SHA-256."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from config.identifiers import new_id
from gateway.api.description import file_answer, file_body
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.blobs import CHUNK_BYTES, Blob
from gateway.db.tables.documents import DocumentRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.inspection import inspect_document
from gateway.refusal import ApiProblem
from signing.errors.documents import DocumentUnreadable
from signing.formats.pdf.repair import repair_pdf

blueprint = APIBlueprint(
    "documents", __name__, url_prefix="/v1", abp_tags=[Tag(name="documents")], abp_security=[{"oauth2": []}]
)


class DocumentPath(BaseModel):
    document_id: str = Field(..., max_length=36)


class UploadQuery(BaseModel):
    filename: str = Field("document.pdf", min_length=1, max_length=200, description="Shown to people; never a path")


class DocumentOut(BaseModel):
    """A document as the API shows it."""

    id: str
    unit_id: str
    sha256: str
    size_bytes: int
    filename: str
    media_type: str
    inspection: dict[str, Any]
    previous_id: str | None
    created_at: str


def render(row: DocumentRow) -> dict[str, Any]:
    """Return a document as the API shows it."""
    return DocumentOut(
        id=row.id,
        unit_id=row.unit_id,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        filename=row.filename,
        media_type=row.media_type,
        inspection=row.inspection,
        previous_id=row.previous_id,
        created_at=row.created_at.isoformat(),
    ).model_dump()


def get_document(work: UnitOfWork, document_id: str) -> DocumentRow:
    """Return a document of the caller's units, or refuse as if it did not exist."""
    row = work.session.get(DocumentRow, document_id)
    if row is None or row.unit_id not in caller().unit_ids:
        raise ApiProblem("document-not-found")
    return row


@blueprint.post(
    "/documents",
    summary="Upload a document (the body is the file itself)",
    responses={201: DocumentOut},
    openapi_extensions=file_body("application/octet-stream"),
)
@authorised("documents:write")
def upload(query: UploadQuery) -> Response:
    """Stream the body into the store, look at it in the child process, and say what it is.

    A file that cannot be signed is kept and described all the same (`inspection.signable`): it may be validated.
    """
    limit = services().settings.limits.document_size_bytes
    if (request.content_length or 0) > limit:
        raise ApiProblem("document-too-large", f"larger than {limit} bytes", limit_bytes=limit)
    blob = services().blobs.put_stream(request.stream, limit)
    if blob.size_bytes == 0:
        raise ApiProblem("document-empty")
    media_type, inspection = inspect_document(services(), blob.sha256)
    filename = query.filename.replace("/", "_").replace("\\", "_")

    def keep(work: UnitOfWork) -> Answer:
        row = _row(blob, filename, media_type, inspection)
        work.session.add(row)
        work.audited(caller().actor, "document.uploaded", row.id, row.unit_id, now(), sha256=blob.sha256)
        return render(row), 201

    return write_once(blob.sha256.encode(), keep)


def _row(
    blob: Blob, filename: str, media_type: str, inspection: dict[str, Any], previous_id: str | None = None
) -> DocumentRow:
    return DocumentRow(
        id=new_id(),
        unit_id=caller().unit_id,
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        filename=filename,
        media_type=media_type,
        inspection=inspection,
        previous_id=previous_id,
        created_by=caller().actor,
        created_at=now(),
    )


@blueprint.post("/documents/<document_id>/repair", summary="Repair a damaged PDF", responses={201: DocumentOut})
@authorised("documents:write")
def repair(path: DocumentPath) -> Response:
    """Write what can be read of a damaged PDF into a new document, which can be signed; the damaged one stays on file.

    What the file lost cannot come back: show the result to the person who answers for it before it is signed.
    """
    with services().unit_of_work(read_only=True) as work:
        damaged = get_document(work, path.document_id)
    if damaged.inspection.get("problem_code") != DocumentUnreadable.code:
        raise ApiProblem("document-needs-no-repair")
    with services().blobs.local(damaged.sha256) as source, services().blobs.scratch() as folder:
        inspection = asdict(services().confined.run(repair_pdf, source, folder / "repaired.pdf"))
        blob = services().blobs.put_file(folder / "repaired.pdf")

    def keep(work: UnitOfWork) -> Answer:
        row = _row(blob, damaged.filename, damaged.media_type, inspection, previous_id=damaged.id)
        work.session.add(row)
        work.audited(
            caller().actor, "document.repaired", row.id, row.unit_id, now(), sha256=blob.sha256, damaged=damaged.sha256
        )
        return render(row), 201

    return write_once(damaged.sha256.encode(), keep)


@blueprint.get("/documents/<document_id>", summary="Describe a document", responses={200: DocumentOut})
@authorised("documents:read")
def describe(path: DocumentPath) -> dict[str, Any]:
    """Say what a document is: size, hash and what inspection found."""
    with services().unit_of_work(read_only=True) as work:
        return render(get_document(work, path.document_id))


@blueprint.get(
    "/documents/<document_id>/content",
    summary="Download a document's bytes",
    responses={200: file_answer("application/pdf", "application/xml", "application/zip", "application/octet-stream")},
)
@authorised("documents:read")
def content(path: DocumentPath) -> Response:
    """Send the bytes as they are kept."""
    with services().unit_of_work(read_only=True) as work:
        return file_response(get_document(work, path.document_id))


def file_response(row: DocumentRow) -> Response:
    """Return a streamed answer with a document's bytes; a browser saves it and runs nothing of it."""
    stream = services().blobs.open(row.sha256)
    response = Response(iter(lambda: stream.read(CHUNK_BYTES), b""), mimetype=row.media_type)
    response.call_on_close(stream.close)
    response.content_length = row.size_bytes
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.filename)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["ETag"] = f'"{row.sha256}"'
    return response
