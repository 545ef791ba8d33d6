"""The attributes that make a CMS signature a CAdES signature. Source: ETSI EN 319 122-1, 5 and 6.3 (table 1)."""

from datetime import UTC, datetime

from asn1crypto import cms, core

from signing.formats import der
from signing.formats.cades.structure import attribute


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER element."""
    encoded: bytes = core.ObjectIdentifier(dotted).dump()
    return encoded


CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
SIGNING_TIME = oid("1.2.840.113549.1.9.5")
COUNTER_SIGNATURE = oid("1.2.840.113549.1.9.6")
SIGNATURE_TIME_STAMP = oid("1.2.840.113549.1.9.16.2.14")


def signing_time(at: datetime) -> bytes:
    """Return the attribute with the time that the signer claims, to the second."""
    value: bytes = cms.Time({"utc_time" if at.year < 2050 else "general_time": at.astimezone(UTC)}).dump()
    return attribute(SIGNING_TIME, value)


def signed_attributes(
    content_digest: bytes, signing_certificate: bytes, claimed_at: datetime, *, content_type: bytes | None
) -> bytes:
    """Return the signed attributes as the DER SET OF over which the key signs.

    Args:
        content_digest: Of the content's octets, by the digest that the signature uses.
        signing_certificate: The attribute signing-certificate-v2.
        content_type: The content's type, an OID element; None in a counter-signature, which may not state one
            (RFC 5652, 11.4).
    """
    parts = [
        attribute(MESSAGE_DIGEST, der.octet_string(content_digest)),
        signing_certificate,
        signing_time(claimed_at),
    ]
    if content_type is not None:
        parts.append(attribute(CONTENT_TYPE, content_type))
    return der.set_of(parts)
