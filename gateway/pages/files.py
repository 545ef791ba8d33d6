"""Stored files for a browser."""

from gateway.db.tables.documents import DocumentRow
from gateway.services import Services
from gateway.web.view_models import Download, FileLink


def download_document(services: Services, document_id: str, unit_ids: tuple[str, ...]) -> Download | None:
    """Return a document of one of the units for download."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(DocumentRow, document_id)
    if row is None or row.unit_id not in unit_ids:
        return None
    return as_download(services, row)


def as_download(services: Services, row: DocumentRow) -> Download:
    """Return a document's bytes as they are kept."""
    return Download(row.filename, row.media_type, services.blobs.open(row.sha256), row.sha256)


def file_link(row: DocumentRow, revision: int | None) -> FileLink:
    """Return a document as pages link to it; revision counts from 1, None where there is only one."""
    return FileLink(row.id, row.filename, row.size_bytes, row.sha256, revision)
