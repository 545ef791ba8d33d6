"""Writes the few DER shapes that a CMS needs, out of parts that are DER already (ITU-T X.690)."""

from collections.abc import Iterable

SEQUENCE = 0x30
SET = 0x31
OCTET_STRING = 0x04


def tagged(tag: int, content: bytes) -> bytes:
    """Return one element: tag, definite length in the fewest bytes, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded parts."""
    return tagged(SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """Return a SET OF encoded parts in DER's order (X.690, 11.6)."""
    return tagged(tag, b"".join(sorted(parts)))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tagged(OCTET_STRING, content)
