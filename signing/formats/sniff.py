"""Tells in what format a file is signed, or could be, by its first bytes; a file's name proves nothing."""

import re
from enum import StrEnum
from pathlib import Path

from signing.formats.asic.container import ASIC_E, ASIC_S

HEAD_BYTES = 4096
TAIL_BYTES = 65_536
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
# A header in JSON, as base64url has it; with certificates in it, it may be longer than what is looked at.
_COMPACT_JWS = re.compile(rb"e[yw][A-Za-z0-9_-]{6,}(?:\.|\Z)")
_MEDIA_TYPE_NAME = b"mimetype"
_LOCAL_HEADER_BYTES = 30


class SignedFormat(StrEnum):
    """The families of signatures that files carry."""

    PADES = "pades"
    CADES = "cades"
    XADES = "xades"
    JADES = "jades"
    ASIC = "asic"
    OOXML = "ooxml"


def sniff_format(path: Path) -> SignedFormat | None:
    """Return the format whose signatures a file can carry, or None where it is none of ours.

    Only the family is told: whether there is a signature inside is for the format's own reader to say.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
    # What holds other files may hold a PDF near its beginning: so it is looked at first.
    if head.startswith(b"PK\x03\x04"):
        return _container(head, tail)
    if head.startswith(b"\x30") and _SIGNED_DATA in head[:32]:
        return SignedFormat.CADES
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith((b"-----BEGIN CMS", b"-----BEGIN PKCS7")):
        return SignedFormat.CADES
    if text.startswith(b"<"):
        return SignedFormat.XADES
    if text.startswith(b"{") or _COMPACT_JWS.match(text):
        return SignedFormat.JADES
    return SignedFormat.PADES if b"%PDF-" in head[:1024] else None


def asic_media_type(head: bytes) -> str | None:
    """Return what a ZIP file says it is as its first entry, where that is an ASiC container; else None.

    Args:
        head: The first hundred bytes, or more. Source: ETSI EN 319 162-1 V1.1.1, A.1.
    """
    name, content = _first_entry(head)
    stated = next((kind for kind in (ASIC_S, ASIC_E) if content.startswith(kind.encode("ascii"))), None)
    return stated if name == _MEDIA_TYPE_NAME else None


def _container(head: bytes, tail: bytes) -> SignedFormat | None:
    """Look at the first entry of a ZIP file, and for signatures' folder in its directory, which stands at the end.

    Source: ETSI EN 319 162-1 V1.1.1, A.1 (mimetype, which others write behind the rest); ISO/IEC 29500-2.
    """
    name, _ = _first_entry(head)
    if asic_media_type(head) is not None:
        return SignedFormat.ASIC
    ooxml = name == b"[Content_Types].xml" or name.startswith((b"_rels/", b"word/", b"xl/", b"docProps/"))
    return SignedFormat.OOXML if ooxml else SignedFormat.ASIC if b"META-INF/" in head or b"META-INF/" in tail else None


def _first_entry(head: bytes) -> tuple[bytes, bytes]:
    """Return the first entry's name and what is seen of its content; meant for entries that are not compressed."""
    name_length = int.from_bytes(head[26:28], "little")
    extra_length = int.from_bytes(head[28:30], "little")
    name = head[_LOCAL_HEADER_BYTES : _LOCAL_HEADER_BYTES + name_length]
    return name, head[_LOCAL_HEADER_BYTES + name_length + extra_length :]
