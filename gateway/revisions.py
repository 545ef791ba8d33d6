"""A document's next revision: a row of its own that names the one before."""

from datetime import datetime

from config.identifiers import new_id
from gateway.blobs import Blob
from gateway.db.tables.documents import DocumentRow


def next_revision(
    original: DocumentRow,
    blob: Blob,
    created_by: str,
    now: datetime,
    *,
    signatures: int = 0,
    filename: str | None = None,
    media_type: str | None = None,
) -> DocumentRow:
    """Return the row of a revision that we made ourselves.

    Args:
        signatures: How many were added; what else inspection said of the original holds for it too.
        filename, media_type: Where the file is of another kind than the one before.
    """
    count = int(original.inspection.get("signature_count", 0)) + signatures
    return DocumentRow(
        id=new_id(),
        unit_id=original.unit_id,
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        filename=filename or original.filename,
        media_type=media_type or original.media_type,
        inspection={**original.inspection, "signature_count": count},
        previous_id=original.id,
        created_by=created_by,
        created_at=now,
    )
