"""Certificates that depart from the standard: told as odd where they can still be judged, refused by name where not."""

from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.inspection import describe_certificate
from certs.model import PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.certificate_facts import encode
from certs.revocation.der import BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, read_whole
from tests.certs.authority import Authority

EXTENSIONS = 0xA3
Judge = Callable[[bytes], PathResult]


@pytest.fixture
def judge(authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime) -> Judge:
    return lambda der: check_path(der, [authority.issuing.der], anchors, None, at, Purpose.OFFICIAL)


def issued(authority: Authority, serial: bytes | None = None, extension_bytes: int | None = None) -> bytes:
    """Issue a certificate with a serial number as encoded, or with one extension more."""
    signed, algorithm, _ = read_whole(authority.leaf("Odd").der, SEQUENCE).children()
    version, number, *fields, extensions = signed.children()
    listed = extensions.first().content
    if extension_bytes is not None:
        listed += encode(
            SEQUENCE, encode(OID, b"\x2b\x06\x01\x04\x01\x63") + encode(OCTET_STRING, bytes(extension_bytes))
        )
    parts = [version.encoded, number.encoded if serial is None else encode(INTEGER, serial)]
    parts += [*(field.encoded for field in fields), encode(EXTENSIONS, encode(SEQUENCE, listed))]
    body = encode(SEQUENCE, b"".join(parts))
    assert isinstance(authority.issuing.key, ec.EllipticCurvePrivateKey)
    value = authority.issuing.key.sign(body, ec.ECDSA(hashes.SHA256()))
    return encode(SEQUENCE, body + algorithm.encoded + encode(BIT_STRING, b"\0" + value))


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"serial": b"\x7f" + bytes(19)}, []),
        ({"serial": b"\x80\x01"}, ["serial-not-positive"]),
        ({"serial": b"\0"}, ["serial-not-positive"]),
        ({"serial": b"\x01" + bytes(20)}, ["serial-too-long"]),
        ({"extension_bytes": 10_000}, []),
        ({"extension_bytes": 40_000}, ["gigantic-extension"]),
    ],
)
def test_an_oddity_is_told_and_the_certificate_is_judged_all_the_same(
    authority: Authority, judge: Judge, changes: dict[str, object], codes: list[str]
) -> None:
    der = issued(authority, **changes)  # type: ignore[arg-type]

    result = judge(der)

    assert result.passed
    assert [(one.code, one.place) for one in result.findings] == [(code, "certificate 1") for code in codes]
    assert list(describe_certificate(der).oddities) == codes


def test_a_certificate_beyond_all_measure_is_refused_by_its_size(authority: Authority, judge: Judge) -> None:
    result = judge(issued(authority, extension_bytes=5_000_000))

    assert result.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert result.fact == "a certificate is larger than 65536 bytes"


def test_a_certificate_that_names_two_algorithms_or_has_parts_too_many_is_refused(
    authority: Authority, judge: Judge
) -> None:
    signed, algorithm, value = (part.encoded for part in read_whole(authority.leaf("Leaf").der, SEQUENCE).children())
    other = encode(SEQUENCE, encode(OID, bytes.fromhex("2a8648ce3d040303")))

    assert judge(encode(SEQUENCE, signed + algorithm + value)).passed
    for parts in (signed + other + value, signed + algorithm + value + value, signed + algorithm):
        assert judge(encode(SEQUENCE, parts)).sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
