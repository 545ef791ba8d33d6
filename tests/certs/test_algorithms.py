"""Which digests and keys may be relied on until which day: in the table, on paths, and in evidence."""

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import crl as crl_module
from asn1crypto import keys
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from certs.algorithms import AlgorithmUse, load_algorithms, parse_algorithms, shipped_algorithms
from certs.errors import AlgorithmTableUnusable
from certs.key_descriptions import UsedAlgorithms, UsedKey, describe_key, shown_digest
from certs.model import Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.authority import Authority, Holder

DAY = timedelta(days=1)


def noon(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(hours=12)


def rsa_key(bits: int) -> UsedAlgorithms:
    return UsedAlgorithms((), UsedKey("rsa", bits, f"RSA {bits}"))


@pytest.mark.parametrize(
    ("used", "use", "last_day"),
    [
        (UsedAlgorithms(("sha1",)), AlgorithmUse.CERTIFICATE, "2016-12-31"),
        (UsedAlgorithms(("sha1",)), AlgorithmUse.REVOCATION, "2016-12-31"),
        (UsedAlgorithms(("sha256", "sha1")), AlgorithmUse.DOCUMENT, "2013-12-31"),
        (UsedAlgorithms(("sha1",)), AlgorithmUse.TIMESTAMP, "2013-12-31"),
        (UsedAlgorithms(("md5",)), AlgorithmUse.CERTIFICATE, "2004-08-16"),
        (rsa_key(1024), AlgorithmUse.CERTIFICATE, "2013-12-31"),
        (rsa_key(2047), AlgorithmUse.DOCUMENT, "2013-12-31"),
        (rsa_key(2048), AlgorithmUse.DOCUMENT, "2028-12-31"),
        (rsa_key(2999), AlgorithmUse.CERTIFICATE, "2028-12-31"),
        (UsedAlgorithms((), UsedKey("ec", 192, "EC secp192r1")), AlgorithmUse.DOCUMENT, "2013-12-31"),
    ],
)
def test_each_algorithm_is_refused_from_the_day_after_its_last(
    used: UsedAlgorithms, use: AlgorithmUse, last_day: str
) -> None:
    table = shipped_algorithms()

    assert table.refusal(used, use, noon(last_day)) is None
    refused = table.refusal(used, use, noon(last_day) + DAY)

    assert refused is not None
    assert refused.until == date.fromisoformat(last_day)
    assert last_day in refused.fact
    assert refused.algorithm in refused.fact


def test_a_day_ends_at_midnight_utc_wherever_the_question_comes_from() -> None:
    hanoi_morning = datetime.fromisoformat("2017-01-01T06:59:59+07:00")
    used = UsedAlgorithms(("sha1",))

    assert shipped_algorithms().refusal(used, AlgorithmUse.CERTIFICATE, hanoi_morning) is None
    assert shipped_algorithms().refusal(used, AlgorithmUse.CERTIFICATE, hanoi_morning + timedelta(seconds=1))


@pytest.mark.parametrize("used", [rsa_key(3072), UsedAlgorithms(("sha256", "sha3_512")), UsedAlgorithms(())])
def test_what_has_no_end_is_acceptable_in_a_hundred_years(used: UsedAlgorithms) -> None:
    for use in AlgorithmUse:
        assert shipped_algorithms().refusal(used, use, noon("2126-01-01")) is None


@pytest.mark.parametrize(
    "used",
    [
        UsedAlgorithms(("md2",)),
        UsedAlgorithms(("an unknown algorithm",)),
        rsa_key(768),
        UsedAlgorithms((), UsedKey("malformed", 0, "a malformed key")),
        UsedAlgorithms((), UsedKey("gost", 256, "GOST")),
    ],
)
def test_what_the_table_does_not_name_was_never_acceptable(used: UsedAlgorithms) -> None:
    refused = shipped_algorithms().refusal(used, AlgorithmUse.DOCUMENT, noon("1999-01-01"))

    assert refused is not None
    assert refused.until is None


def test_an_operators_file_takes_the_place_of_what_it_names(tmp_path: Path) -> None:
    own = tmp_path / "algorithms.toml"
    own.write_text('[digest.sha1]\nall = "never"\n[[key.rsa]]\nfrom_bits = 2048\nall = 2027-06-30\n')

    table = load_algorithms(own)

    sha1 = table.refusal(UsedAlgorithms(("sha1",)), AlgorithmUse.CERTIFICATE, noon("2001-01-01"))
    assert sha1 is not None
    assert sha1.fact == "SHA-1 is not acceptable in a certificate of the path"
    assert table.refusal(rsa_key(4096), AlgorithmUse.DOCUMENT, noon("2027-06-30")) is None
    assert table.refusal(rsa_key(4096), AlgorithmUse.DOCUMENT, noon("2027-07-01")) is not None
    assert table.refusal(UsedAlgorithms(("sha256",)), AlgorithmUse.DOCUMENT, noon("2027-07-01")) is None
    assert load_algorithms(None) is shipped_algorithms()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[digest.sha1]\nall = 2013-12-31T00:00:00Z\n", "digest.sha1"),
        ("[digest.sha1]\ncertificate = 2013-12-31\n", "revocation needs a day"),
        ('[digest.sha1]\nall = "some day"\n', "digest.sha1"),
        ("[digest.sha1]\nall = 2013-12-31\nwebsite = 2013-12-31\n", "website"),
        ("[key.rsa]\nfrom_bits = 2048\n", "key.rsa"),
        ("[[key.rsa]]\nfrom_bits = true\nall = 2013-12-31\n", "from_bits"),
        ("[digests.sha1]\nall = 2013-12-31\n", "digests"),
        ("[digest]\nsha1 = 2013-12-31\n", "digest.sha1 must be a table"),
        ("digest.sha1 = [", "not valid TOML"),
    ],
)
def test_a_fault_in_an_operators_file_is_named(text: str, named: str) -> None:
    with pytest.raises(AlgorithmTableUnusable, match=named):
        parse_algorithms(text.encode())


def test_an_operators_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(AlgorithmTableUnusable, match="cannot read"):
        load_algorithms(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("make", "described"),
    [
        (lambda: rsa.generate_private_key(65537, 1024).public_key(), ("rsa", 1024)),  # noqa: S505
        (lambda: dsa.generate_private_key(1024).public_key(), ("dsa", 1024)),  # noqa: S505
        (lambda: ec.generate_private_key(ec.SECP192R1()).public_key(), ("ec", 192)),
        (lambda: ec.generate_private_key(ec.SECP521R1()).public_key(), ("ec", 521)),
        (lambda: ec.generate_private_key(ec.BrainpoolP384R1()).public_key(), ("ec", 384)),
        (lambda: ed25519.Ed25519PrivateKey.generate().public_key(), ("ed25519", 256)),
        (lambda: ed448.Ed448PrivateKey.generate().public_key(), ("ed448", 456)),
    ],
)
def test_keys_are_described_as_they_were_made(make, described: tuple[str, int]) -> None:  # type: ignore[no-untyped-def]
    der = make().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    found = describe_key(keys.PublicKeyInfo.load(der))

    assert (found.family, found.bits) == described


def test_a_curve_written_out_instead_of_named_has_no_size(tmp_path: Path) -> None:
    """Such parameters let a forger choose the base point (CVE-2020-0601)."""
    command = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit"]
    private = subprocess.run(command, capture_output=True, check=True).stdout
    public = subprocess.run(
        ["openssl", "ec", "-pubout", "-outform", "DER", "-param_enc", "explicit"],
        input=private,
        capture_output=True,
        check=True,
    ).stdout

    assert describe_key(keys.PublicKeyInfo.load(public)).bits == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("md5", "MD5"),
        ("sha1", "SHA-1"),
        ("sha256", "SHA-256"),
        ("sha512_256", "SHA-512/256"),
        ("sha3_256", "SHA3-256"),
    ],
)
def test_digests_are_shown_as_people_write_them(name: str, shown: str) -> None:
    assert shown_digest(name) == shown


@pytest.fixture(scope="module")
def old_leaf(running: tuple[Authority, object], tmp_path_factory: pytest.TempPathFactory) -> Holder:
    """A certificate that the issuing CA signed over SHA-1, made by openssl."""
    authority, folder = running[0], tmp_path_factory.mktemp("old")
    plain = authority.leaf("Old", starts=-15 * 365 * DAY, ends=3650 * DAY)
    (folder / "ca.pem").write_bytes(authority.issuing.certificate.public_bytes(Encoding.PEM))
    (folder / "ca.key").write_bytes(authority.issuing.key_der)
    (folder / "leaf.key").write_bytes(plain.key_der)
    (folder / "extensions").write_text("keyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n")
    request = ["openssl", "req", "-new", "-key", "leaf.key", "-keyform", "DER", "-subj", "/CN=Old"]
    csr = subprocess.run(request, cwd=folder, capture_output=True, check=True).stdout
    signing = ["openssl", "x509", "-req", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAkeyform", "DER", "-sha1"]
    options = ["-days", "400", "-outform", "DER", "-set_serial", "1234", "-extfile", "extensions"]
    der = subprocess.run([*signing, *options], cwd=folder, input=csr, capture_output=True, check=True).stdout
    return Holder(load_der_x509_certificate(der), plain.key)


def test_a_certificate_over_sha1_is_refused_for_its_algorithm_and_day_and_not_as_broken(
    authority: Authority, anchors: tuple[TrustAnchor, ...], old_leaf: Holder
) -> None:
    def judged(table=None):  # type: ignore[no-untyped-def]
        return check_path(
            old_leaf.der,
            [authority.issuing.der],
            anchors,
            None,
            authority.now + timedelta(hours=1),
            Purpose.OFFICIAL,
            algorithms=table,
        )

    result = judged()

    assert result.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    assert result.fact == "SHA-1 was acceptable until 2016-12-31 in a certificate of the path"
    assert result.algorithm is not None
    assert result.algorithm.algorithm == "SHA-1"
    shipped = shipped_algorithms()
    lenient = parse_algorithms(b'[digest.sha1]\nall = "no end"\n').digests
    assert judged(type(shipped)({**shipped.digests, **lenient}, shipped.keys)).passed


def over_sha1(crl_der: bytes, signer: Holder, folder: Path) -> bytes:
    """Return the list signed anew over SHA-1, by openssl: the library that made it refuses to."""
    crl = crl_module.CertificateList.load(crl_der)
    for place in (crl["tbs_cert_list"]["signature"], crl["signature_algorithm"]):
        place["algorithm"] = "sha1_ecdsa"
    (folder / "key").write_bytes(signer.key_der)
    command = ["openssl", "dgst", "-sha1", "-sign", "key", "-keyform", "DER"]
    signing = {"cwd": folder, "capture_output": True, "check": True}
    crl["signature"] = subprocess.run(command, input=crl["tbs_cert_list"].dump(force=True), **signing).stdout  # type: ignore[call-overload]
    return bytes(crl.dump(force=True))


def test_a_list_over_sha1_tells_nothing_any_more_and_the_finding_says_why(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime, tmp_path: Path
) -> None:
    holder = authority.leaf("Leaf")
    old = over_sha1(authority.crl(), authority.issuing, tmp_path)
    root_list = EvidenceItem("crl", authority.crl(authority.root), "test")

    def judged(*ders: bytes):  # type: ignore[no-untyped-def]
        items = (root_list, *(EvidenceItem("crl", der, "test") for der in ders))
        evidence = RevocationEvidence(items)
        return check_path(holder.der, [authority.issuing.der], anchors, evidence, at, Purpose.OFFICIAL)

    assert judged(old).sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    assert judged(old).fact == "SHA-1 was acceptable until 2016-12-31 in an answer about revocation"
    assert judged(old, authority.crl()).passed
    assert judged().sub_indication is SubIndication.TRY_LATER
