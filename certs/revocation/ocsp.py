"""OCSP responses: read by our own reader, believed where their issuer or its delegate signed them.

Responders write what the standard forbids and what strict libraries therefore refuse whole, fractions of a second
above all; nothing of that weakens the signature, which is over the very bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from certs.model import RevocationStatus
from certs.revocation.certificate_facts import CertificateFacts, certificate_facts, same_name
from certs.revocation.der import (
    BIT_STRING,
    ENUMERATED,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    DerUnsound,
    Element,
    Extension,
    read_bits,
    read_element,
    read_extensions,
    read_integer,
    read_time,
    read_whole,
)
from certs.revocation.reasons import reason_name
from certs.revocation.signed_by import signature_holds

SUCCESSFUL = 0
BASIC_RESPONSE = bytes.fromhex("2b0601050507300101")
NONCE, ARCHIVE_CUTOFF = bytes.fromhex("2b0601050507300102"), bytes.fromhex("2b0601050507300106")
DIGEST_NAMES = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
FIRST, SECOND = 0xA0, 0xA1
GOOD, REVOKED = 0x80, 0xA1
MAX_SINGLES, MAX_CERTIFICATES = 1_000, 16
KEPT_RESPONSES, KEPT_SIZE_BYTES = 1_024, 16_384


@dataclass(frozen=True)
class SingleResponse:
    """What a response says about one certificate."""

    digest: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    status: RevocationStatus
    archive_cutoff: datetime | None
    """The responder still knows of certificates that expired no earlier than this."""


@dataclass(frozen=True)
class OcspResponse:
    """A successful response; nothing in it counts before its signer is known."""

    signed: bytes
    algorithm: bytes
    signature: bytes
    responder: Element
    """Its name or its key's digest."""
    produced_at: datetime
    singles: tuple[SingleResponse, ...]
    certificates: tuple[bytes, ...]
    nonce: bytes | None


@dataclass(frozen=True)
class OcspFinding:
    """What counts of a response about one certificate."""

    status: RevocationStatus
    produced_at: datetime
    archive_cutoff: datetime | None
    delegate_der: bytes | None
    """The responder's certificate where the issuer did not sign itself."""


def read_ocsp(der: bytes, certificate: CertificateFacts, issuer: CertificateFacts) -> OcspFinding | None:
    """Return what a response says about a certificate, or None where it says nothing that counts.

    Its signer must be the issuer, or a responder whom the issuer itself certified for that and whose certificate was
    valid when the response was produced. A delegate without id-pkix-ocsp-nocheck can be revoked: that is for the
    caller to ask. Source: RFC 6960, 3.2, 4.2.2.2 and 4.2.2.2.1.
    Raises:
        DerUnsound: The bytes are no successful basic response.
    """
    response = parse_ocsp(der)
    single = find_single(response.singles, certificate, issuer)
    if single is None:
        return None
    for signer_der in (None, *response.certificates):
        signer = issuer if signer_der is None else _facts(signer_der)
        if signer is None or not _signed_by(response, signer):
            continue
        if signer_der is None or _is_delegate(signer_der, signer, issuer, response.produced_at):
            return OcspFinding(single.status, response.produced_at, single.archive_cutoff, signer_der)
    return None


def parse_ocsp(der: bytes) -> OcspResponse:
    """Return a successful basic response.

    Raises:
        DerUnsound: It is another kind of response, a refusal to answer, or malformed.
    Source: RFC 6960, 4.2.1.
    """
    return _parse_kept(der) if len(der) <= KEPT_SIZE_BYTES else _parse(der)


def _parse(der: bytes) -> OcspResponse:
    outer = list(read_whole(der, SEQUENCE).children())
    if not outer or read_integer(outer[0].expect(ENUMERATED)) != SUCCESSFUL or len(outer) != 2:
        raise DerUnsound("the responder gives no answer")
    wrapped = next(outer[1].expect(FIRST).children(), None)
    kind, octets = _exactly(wrapped, 2)
    if kind.expect(OID).content != BASIC_RESPONSE:
        raise DerUnsound("no basic response")
    parts = list(read_whole(octets.expect(OCTET_STRING).content, SEQUENCE).children())
    if not 3 <= len(parts) <= 4:
        raise DerUnsound("a basic response of too few or too many parts")
    data, algorithm, signature = parts[:3]
    responder, produced_at, singles, extensions = _response_data(data)
    return OcspResponse(
        signed=data.encoded,
        algorithm=algorithm.expect(SEQUENCE).encoded,
        signature=read_bits(signature.expect(BIT_STRING)),
        responder=responder,
        produced_at=produced_at,
        singles=singles,
        certificates=_certificates(parts[3]) if len(parts) == 4 else (),
        nonce=_nonce(extensions),
    )


_parse_kept = lru_cache(maxsize=KEPT_RESPONSES)(_parse)


def _response_data(
    data: Element,
) -> tuple[Element, datetime, tuple[SingleResponse, ...], dict[bytes, Extension]]:
    fields = list(data.expect(SEQUENCE).children())
    if fields and fields[0].tag == FIRST:
        fields.pop(0)
    if len(fields) < 3:
        raise DerUnsound("response data of too few fields")
    listed = list(fields[2].expect(SEQUENCE).children())
    if len(listed) > MAX_SINGLES:
        raise DerUnsound("a response about too many certificates")
    extensions = _wrapped_extensions(fields[3:])
    (responder,) = _exactly(fields[0], 1)
    return responder, read_time(fields[1]), tuple(_single(element) for element in listed), extensions


def _wrapped_extensions(fields: Sequence[Element]) -> dict[bytes, Extension]:
    wrapped = next((field for field in fields if field.tag == SECOND), None)
    return {} if wrapped is None else read_extensions(_exactly(wrapped, 1)[0])


def _single(element: Element) -> SingleResponse:
    fields = list(element.expect(SEQUENCE).children())
    if len(fields) < 3:
        raise DerUnsound(f"no single response at {element.start}")
    algorithm, name_hash, key_hash, serial = _exactly(fields[0], 4)
    digest = DIGEST_NAMES.get(algorithm.expect(SEQUENCE).first().content, "")
    next_update = next((_exactly(field, 1)[0] for field in fields[3:] if field.tag == FIRST), None)
    cutoff = _wrapped_extensions(fields[3:]).get(ARCHIVE_CUTOFF)
    return SingleResponse(
        digest,
        name_hash.expect(OCTET_STRING).content,
        key_hash.expect(OCTET_STRING).content,
        read_integer(serial.expect(INTEGER)),
        _status(fields[1], read_time(fields[2]), None if next_update is None else read_time(next_update)),
        None if cutoff is None else read_time(read_element(cutoff.value, 0, len(cutoff.value))),
    )


def _status(element: Element, this_update: datetime, next_update: datetime | None) -> RevocationStatus:
    if element.tag == GOOD:
        return RevocationStatus("good", "ocsp", this_update, next_update)
    if element.tag != REVOKED:
        return RevocationStatus("unknown", "ocsp", this_update, next_update)
    parts = list(element.children())
    if not parts:
        raise DerUnsound(f"a revocation without its time at {element.start}")
    given = next((_exactly(part, 1)[0] for part in parts[1:] if part.tag == FIRST), None)
    reason = None if given is None else reason_name(read_integer(given.expect(ENUMERATED)))
    return RevocationStatus("revoked", "ocsp", this_update, next_update, read_time(parts[0]), reason)


def _certificates(wrapped: Element) -> tuple[bytes, ...]:
    (listed,) = _exactly(wrapped.expect(FIRST), 1)
    found = [element.encoded for element, _ in zip(listed.children(), range(MAX_CERTIFICATES), strict=False)]
    return tuple(found)


def _nonce(extensions: dict[bytes, Extension]) -> bytes | None:
    """Return the nonce; older responders write it without the OCTET STRING around it (RFC 8954, 2.1)."""
    extension = extensions.get(NONCE)
    if extension is None:
        return None
    try:
        return read_whole(extension.value, OCTET_STRING).content
    except DerUnsound:
        return extension.value


def find_single(
    singles: Sequence[SingleResponse], certificate: CertificateFacts, issuer: CertificateFacts
) -> SingleResponse | None:
    """Return what is said about a certificate, whoever says it. Source: RFC 6960, 4.1.1."""
    for single in singles:
        if single.serial != certificate.serial or not single.digest:
            continue
        name, key = (hashlib.new(single.digest, part).digest() for part in (certificate.issuer, issuer.key_bits))
        if (single.issuer_name_hash, single.issuer_key_hash) == (name, key):
            return single
    return None


def _facts(certificate_der: bytes) -> CertificateFacts | None:
    try:
        return certificate_facts(certificate_der)
    except DerUnsound:
        return None


def _is_delegate(
    certificate_der: bytes, delegate: CertificateFacts, issuer: CertificateFacts, produced_at: datetime
) -> bool:
    valid = delegate.not_before <= produced_at <= delegate.not_after
    named = delegate.signs_ocsp and same_name(delegate.issuer, issuer.subject)
    return valid and named and issued_by(certificate_der, issuer)


def issued_by(certificate_der: bytes, issuer: CertificateFacts) -> bool:
    """Say whether an issuer's key signed a certificate.

    Raises:
        DerUnsound: It is none.
    """
    signed, algorithm, signature = _exactly(read_whole(certificate_der, SEQUENCE), 3)
    return signature_holds(
        signed.encoded, read_bits(signature.expect(BIT_STRING)), algorithm.encoded, issuer.public_key_info
    )


def _signed_by(response: OcspResponse, signer: CertificateFacts) -> bool:
    """Check the signature of the responder that the response names. Source: RFC 6960, 4.2.1."""
    responder = response.responder
    key_digest = hashlib.sha1(signer.key_bits, usedforsecurity=False).digest()
    by_key = responder.tag == OCTET_STRING and responder.content == key_digest
    if not by_key and not (responder.tag == SEQUENCE and same_name(responder.encoded, signer.subject)):
        return False
    return signature_holds(response.signed, response.signature, response.algorithm, signer.public_key_info)


def _exactly(element: Element | None, count: int) -> list[Element]:
    inner = [] if element is None else list(element.children())
    if len(inner) != count:
        raise DerUnsound(f"not {count} elements inside one")
    return inner
