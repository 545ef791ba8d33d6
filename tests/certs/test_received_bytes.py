"""Certificates keep their bytes, also those whose length asn1crypto takes for an indefinite one."""

import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.model import Purpose, TrustAnchor
from certs.names import parse_certificate
from certs.path import check_path
from certs.revocation.certificate_facts import encode
from certs.revocation.der import BIT_STRING, BOOLEAN, OCTET_STRING, OID, SEQUENCE, read_whole
from tests.certs.authority import Authority, Holder

EXTENSIONS = 0xA3
PRIVATE_OID = bytes.fromhex("2b0601040182be3b01")


def with_explicit_false(authority: Authority, holder: Holder, padding: int) -> bytes:
    """Issue the certificate again with an extension that writes its default out, which DER forbids and many CAs do."""
    signed, algorithm, _ = read_whole(holder.der, SEQUENCE).children()
    *fields, extensions = signed.children()
    odd = encode(OID, PRIVATE_OID) + encode(BOOLEAN, b"\0") + encode(OCTET_STRING, encode(OCTET_STRING, bytes(padding)))
    listed = next(extensions.children()).content + encode(SEQUENCE, odd)
    parts = [field.encoded for field in fields] + [encode(EXTENSIONS, encode(SEQUENCE, listed))]
    new = encode(SEQUENCE, b"".join(parts))
    key = authority.issuing.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    value = encode(BIT_STRING, b"\0" + key.sign(new, ec.ECDSA(hashes.SHA256())))
    return encode(SEQUENCE, new + algorithm.encoded + value)


@pytest.mark.parametrize("last_octet", [0x7F, 0x80, 0x81])
def test_a_certificate_of_any_length_keeps_its_signature(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime, tmp_path: Path, last_octet: int
) -> None:
    holder = authority.leaf("Odd")
    made = (with_explicit_false(authority, holder, padding) for padding in range(300, 600))
    der = next(one for one in made if next(read_whole(one, SEQUENCE).children()).encoded[3] == last_octet)
    (tmp_path / "leaf").write_bytes(der)
    (tmp_path / "ca").write_bytes(authority.issuing.der)
    said = subprocess.run(["openssl", "verify", "-partial_chain", "-trusted", "ca", "leaf"], cwd=tmp_path, check=False)
    assert said.returncode == 0

    result = check_path(der, [authority.issuing.der], anchors, None, at, Purpose.OFFICIAL)

    assert result.passed, result.fact
    assert parse_certificate(der).dump() == der
