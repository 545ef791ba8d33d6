"""Signatures that are a file of their own: around the content (enveloping), or beside it (detached)."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from signing.errors.xml import XmlTooLarge
from signing.formats.xml.model import DataReference, Transform
from signing.formats.xml.names import BASE64, DS, OBJECT_TYPE
from signing.formats.xml.positions import Place
from signing.formats.xml.text import element

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
# libxml2 takes no longer text without being told to give up its limits: 10 MB of base64.
MAX_ENVELOPED_BYTES = 7 * 1024 * 1024
PLACE = Place(len(DECLARATION), len(DECLARATION))


def enveloping_reference(
    content: bytes, digest_algorithm: str, object_id: str, mime_type: str | None
) -> tuple[DataReference, str]:
    """Return the reference to any content, and the ds:Object that holds it in base64.

    Raises:
        XmlTooLarge: More than MAX_ENVELOPED_BYTES.
    """
    if len(content) > MAX_ENVELOPED_BYTES:
        raise XmlTooLarge(f"what stands inside a signature is at most {MAX_ENVELOPED_BYTES} bytes")
    reference = DataReference(
        uri=f"#{object_id}",
        digest=hashlib.new(digest_algorithm, content).digest(),
        transforms=(Transform(BASE64),),
        kind=OBJECT_TYPE,
        mime_type=mime_type,
    )
    attributes = {"Encoding": f"{DS}base64", "Id": object_id, "MimeType": mime_type}
    return reference, element("ds:Object", base64.b64encode(content).decode("ascii"), attributes=attributes)


def detached_references(
    files: Mapping[str, Path], digest_algorithm: str, mime_types: Mapping[str, str] | None = None
) -> list[DataReference]:
    """Return the references to files beside the signature, in the order given; they are hashed, never parsed.

    Args:
        files: By the name that the reference gives, relative to the signature file.
        mime_types: By the same names; the others say that they are octets.
    Raises:
        OSError: A file cannot be read.
    """
    references = []
    for name, path in files.items():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, digest_algorithm).digest()
        mime_type = (mime_types or {}).get(name, "application/octet-stream")
        references.append(file_reference(name, digest, mime_type))
    return references


def file_reference(name: str, digest: bytes, mime_type: str) -> DataReference:
    """Return the reference to a file beside the signature, whose octets are digested as they are."""
    return DataReference(uri=quote(name), digest=digest, mime_type=mime_type)
