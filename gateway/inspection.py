"""What an uploaded file is: by its first bytes, and for a PDF by a look inside it in the child process."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from config.confinement import ConfinementError
from gateway.services import Services
from signing.formats.pdf.inspect import inspect_pdf
from signing.formats.sniff import asic_media_type

MAGIC_BYTES = 1024


def inspect_document(services: Services, sha256: str) -> tuple[str, dict[str, Any]]:
    """Return the media type and what inspection found, ready for JSON; a hostile file is a finding, not an error."""
    with services.blobs.local(sha256) as path:
        media_type = sniff_media_type(path)
        if media_type != "application/pdf":
            return media_type, {"signable": False, "problem_code": "document-not-pdf"}
        try:
            return media_type, asdict(services.confined.run(inspect_pdf, path))
        except ConfinementError as error:
            return media_type, {"signable": False, "problem_code": error.code}


def sniff_media_type(path: Path) -> str:
    """Return the media type that a file's first bytes show; its name proves nothing."""
    with path.open("rb") as file:
        head = file.read(MAGIC_BYTES)
    if b"%PDF-" in head:
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return asic_media_type(head) or "application/zip"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "application/xml"
    return "application/octet-stream"
