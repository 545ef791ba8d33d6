"""Names from certificates, shown safely."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID, ObjectIdentifier

from certs.errors import CertificateUnreadable
from certs.names import display_name, get_names, shown
from tests.certs.authority import Authority, Holder


def named(authority: Authority, *attributes: tuple[ObjectIdentifier, str]) -> bytes:
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    template = authority.leaf("x")
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(template.certificate.issuer)
    builder = builder.public_key(template.key.public_key()).serial_number(4711)
    builder = builder.not_valid_before(authority.now).not_valid_after(template.certificate.not_valid_after_utc)
    return Holder(builder.sign(authority.issuing.key, hashes.SHA256()), template.key).der


def test_the_common_name_is_shown_composed(authority: Authority) -> None:
    decomposed = "Nguye\u0302\u0303n Va\u0306n Vi\u0301 Du\u0323"

    assert display_name(named(authority, (NameOID.COMMON_NAME, decomposed))) == "Nguyễn Văn Ví Dụ"


def test_without_a_common_name_the_organisation_is_shown(authority: Authority) -> None:
    assert display_name(named(authority, (NameOID.ORGANIZATION_NAME, "UBND phường"))) == "UBND phường"


def test_a_person_and_an_organisation_are_told_apart(authority: Authority) -> None:
    person = named(authority, (NameOID.COMMON_NAME, "A"), (NameOID.GIVEN_NAME, "A"))
    seal = named(authority, (NameOID.COMMON_NAME, "UBND"), (NameOID.ORGANIZATION_NAME, "UBND"))
    silent = named(authority, (NameOID.COMMON_NAME, "A"))

    assert [get_names(der).kind for der in (person, seal, silent)] == ["person", "organisation", None]
    assert get_names(person).serial_hex == "1267"
    assert get_names(person).issuer_name == "Test Issuing CA"


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("Chủ tịch\u202enac", "Chủ tịch nac"),
        ("a\x00b\nc", "a b c"),
        ("  nhiều   khoảng  trắng ", "nhiều khoảng trắng"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_name_cannot_mislead_by_its_characters(given: str, safe: str) -> None:
    assert shown(given) == safe


def test_what_is_no_certificate_has_no_name(authority: Authority) -> None:
    for der in (b"", b"0", authority.root.der + b"0", authority.root.der[:-1]):
        with pytest.raises(CertificateUnreadable):
            display_name(der)
