"""JAdES signatures, judged by a JOSE library (joserfc), openssl and our own validation."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as jose
from joserfc.jwk import ECKey, OKPKey, RSAKey

from certs.model import Indication, SubIndication
from signing.errors.files import (
    ContainerFilesUnfit,
    PayloadTooLarge,
    SerialisationUnfit,
    SignatureFileUnreadable,
    SignedContentDiffers,
)
from signing.files import jades
from signing.files.jades import sign_jades, sign_jades_in_parallel
from signing.files.model import Packaging
from signing.formats.jades.encoding import b64url, from_b64url, read_json_object
from signing.formats.jades.headers import JOSE_NAMES
from signing.formats.jades.structure import Serialisation, read_jws
from signing.model import Level, SignatureAlgorithm
from signing.validation.jades import collect_jades_needs, validate_jades
from signing.validation.report import Overall
from tests.signing.cms_judges import openssl_stamp_complaint
from tests.signing.files.conftest import CONTENT

NOW = datetime.now(UTC)
COMPACT, FLATTENED, GENERAL = Serialisation
ATTACHED, DETACHED = Packaging
KEYS = [
    ("official", None, "RS256"),
    ("official", SignatureAlgorithm.RSASSA_PSS_SHA256, "PS256"),
    ("official_p256", None, "ES256"),
    ("official_p384", None, "ES384"),
    ("official_ed25519", None, "EdDSA"),
]
URI = "https://example.vn/hồ-sơ/1"


def report_on(target: Path, contents, policy):
    return validate_jades(target, contents, policy, datetime.now(UTC) + timedelta(minutes=1))


def jose_payload(target: Path, alg: str) -> bytes:
    """What joserfc makes of it with the certificate inside, knowing nothing of JAdES."""
    text = target.read_bytes()
    value = text.decode() if not text.startswith(b"{") else json.loads(text)
    protected = value.split(".")[0] if isinstance(value, str) else (value.get("signatures") or [value])[0]["protected"]
    header = json.loads(from_b64url(protected))
    public = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    kind = {"R": RSAKey, "P": RSAKey, "E": ECKey}[alg[0]] if alg != "EdDSA" else OKPKey
    registry = jose.JWSRegistry(algorithms=[alg], strict_check_header=False)
    # A header with certificates is longer than the library expects of a token.
    registry.max_header_length = registry.max_signature_length = registry.max_payload_length = 100_000
    key = kind.import_key(pem)
    if isinstance(value, str):
        return jose.deserialize_compact(value, key, registry=registry).payload
    return jose.deserialize_json(value, key, registry=registry).payload


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("serialisation", list(Serialisation))
@pytest.mark.parametrize(("name", "algorithm", "alg"), KEYS)
def test_an_attached_signature_is_good_to_a_jose_library_and_us(
    name, algorithm, alg, serialisation, policy, means, signer, source, tmp_path
):
    target = tmp_path / "signed.jws"
    level = Level.B_B if serialisation is COMPACT else Level.B_T

    sign_jades([("a", source)], target, signer(name, algorithm), level, ATTACHED, serialisation, means, NOW)

    assert jose_payload(target, alg) == CONTENT
    (found,) = report_on(target, {}, policy).signatures
    assert (found.indication, found.level, found.intact) == (Indication.PASSED, f"JAdES-{level}", True)
    assert read_jws(target.read_bytes()).serialisation is serialisation


def test_it_holds_the_header_parameters_of_the_baseline(pki, means, signer, source, tmp_path):
    target = tmp_path / "signed"
    sign_jades([("a", source)], target, signer("official_p256"), Level.B_B, ATTACHED, COMPACT, means, NOW)

    header = json.loads(from_b64url(target.read_text().split(".")[0]))
    digest = hashlib.sha256(pki.official_p256.der).digest()
    assert header["alg"] == "ES256"
    assert header["cty"] == "octet-stream"
    assert header["iat"] == int(NOW.timestamp())
    assert header["x5t#S256"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert [base64.b64decode(one) for one in header["x5c"]] == [pki.official_p256.der, *pki.chain]
    assert "crit" not in header


def test_the_time_stamp_is_over_the_encoded_value(pki, means, signer, source, tmp_path):
    target = tmp_path / "signed"
    sign_jades([("a", source)], target, signer("official"), Level.B_T, ATTACHED, FLATTENED, means, NOW)

    members = json.loads(target.read_bytes())
    (entry,) = members["header"]["etsiU"]
    token = json.loads(from_b64url(entry))["sigTst"]["tstTokens"][0]["val"]
    stamped = members["signature"].encode()
    assert openssl_stamp_complaint(base64.b64decode(token), stamped, pki.root.der, tmp_path) == ""


@pytest.mark.parametrize("serialisation", list(Serialisation))
def test_files_beside_it_are_signed_by_their_hashes(serialisation, policy, means, signer, source, tmp_path):
    second, target = tmp_path / "second", tmp_path / "signed"
    second.write_bytes(bytes(range(256)) * 5000)
    files = [(URI, source), ("phụ lục.bin", second)]

    sign_jades(files, target, signer("official_p256"), Level.B_B, DETACHED, serialisation, means, NOW)

    protected = read_jws(target.read_bytes()).signatures[0].protected_header
    expected = [hashlib.sha256(base64.urlsafe_b64encode(p.read_bytes()).rstrip(b"=")).digest() for _, p in files]
    assert [from_b64url(one) for one in protected["sigD"]["hashV"]] == expected
    assert protected["sigD"]["mId"] == "http://uri.etsi.org/19182/ObjectIdByURIHash"
    assert protected["sigD"]["pars"] == [URI, "phụ lục.bin"]
    assert protected["crit"] == ["sigD"]
    (found,) = report_on(target, dict(files), policy).signatures
    assert (found.indication, found.level) == (Indication.PASSED, "JAdES-B-B")


def test_other_missing_and_swapped_files_are_told_apart(policy, means, signer, source, tmp_path):
    second, target = tmp_path / "second", tmp_path / "signed"
    second.write_bytes(b"second")
    files = [("a", source), ("b", second)]
    sign_jades(files, target, signer("official_p256"), Level.B_B, DETACHED, COMPACT, means, NOW)

    changed = report_on(target, {"a": second, "b": source}, policy).signatures[0]
    missing = report_on(target, {"a": source}, policy).signatures[0]
    nothing = report_on(target, {}, policy).signatures[0]

    assert (changed.indication, changed.sub_indication) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    for one in (missing, nothing):
        assert (one.indication, one.sub_indication) == (
            Indication.INDETERMINATE,
            SubIndication.SIGNED_DATA_NOT_FOUND,
        )


@pytest.mark.parametrize("packaging", list(Packaging))
def test_a_second_signer_joins_in(packaging, policy, means, signer, source, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    files = [(URI, source)]
    sign_jades(files, one, signer("official"), Level.B_T, packaging, FLATTENED, means, NOW)

    signed = sign_jades_in_parallel(one, files, two, signer("official_p256"), Level.B_B, means, NOW)

    assert signed.number == 2
    found = report_on(two, dict(files), policy).signatures
    assert [(sig.indication, sig.level) for sig in found] == [
        (Indication.PASSED, "JAdES-B-T"),
        (Indication.PASSED, "JAdES-B-B"),
    ]
    old, new = (read_jws(path.read_bytes()) for path in (one, two))
    assert new.signatures[0] == old.signatures[0]
    assert new.serialisation is GENERAL


def test_no_flipped_byte_is_accepted_or_stops_the_validation(policy, means, signer, source, tmp_path):
    target, altered = tmp_path / "signed", tmp_path / "altered"
    source.write_bytes(CONTENT[:90])
    sign_jades([("a", source)], target, signer("official_p256"), Level.B_B, ATTACHED, FLATTENED, means, NOW)
    original = target.read_bytes()
    for offset in range(0, len(original), 41):
        changed = bytearray(original)
        changed[offset] ^= 0x01
        altered.write_bytes(changed)
        report = report_on(altered, {}, policy)
        assert not any(one.intact for one in report.signatures), offset


def with_header(target: Path, key, change) -> bytes:
    """Sign anew with the same key what somebody would like to be believed."""
    header, payload, _ = target.read_text().split(".")
    changed = read_json_object(from_b64url(header))
    change(changed)
    protected = b64url(json.dumps(changed).encode())
    value = key.sign(f"{protected}.{payload}".encode(), SignatureAlgorithm.RSA_SHA256)
    return f"{protected}.{payload}.{b64url(value)}".encode()


@pytest.mark.parametrize(
    ("change", "sub"),
    [
        (lambda header: header.update(alg="none"), SubIndication.FORMAT_FAILURE),
        (lambda header: header.update(alg="HS256"), SubIndication.FORMAT_FAILURE),
        (lambda header: header.update(alg="ES256"), SubIndication.SIG_CRYPTO_FAILURE),
        (lambda header: header.update(alg="RS512"), SubIndication.SIG_CRYPTO_FAILURE),
        (lambda header: header.update(crit=["exp"], exp=1), SubIndication.FORMAT_FAILURE),
        (lambda header: header.update(crit=["sigD"]), SubIndication.FORMAT_FAILURE),
        (lambda header: header.update(crit="sigD"), SubIndication.FORMAT_FAILURE),
        (lambda header: header.update(sigD={"mId": "http://example"}, crit=["sigD"]), SubIndication.FORMAT_FAILURE),
        (lambda header: header.pop("x5c"), SubIndication.NO_SIGNING_CERTIFICATE_FOUND),
        (lambda header: header.update({"x5t#S256": "AAAA"}), SubIndication.NO_SIGNING_CERTIFICATE_FOUND),
    ],
)
def test_headers_that_must_not_be_believed(change, sub, policy, means, signer, source, tmp_path):
    target = tmp_path / "signed"
    who = signer("official")
    sign_jades([("a", source)], target, who, Level.B_B, ATTACHED, COMPACT, means, NOW)
    target.write_bytes(with_header(target, who.key, change))

    (found,) = report_on(target, {}, policy).signatures

    assert found.sub_indication is sub
    assert found.indication is not Indication.PASSED


def test_a_signature_with_sig_t_of_the_first_version_is_read(policy, means, signer, source, tmp_path):
    target = tmp_path / "signed"
    who = signer("official")
    sign_jades([("a", source)], target, who, Level.B_B, ATTACHED, COMPACT, means, NOW)

    def old(header) -> None:
        del header["iat"]
        header.update(sigT="2026-11-24T20:00:00Z", crit=["sigT"])

    target.write_bytes(with_header(target, who.key, old))

    (found,) = report_on(target, {}, policy).signatures
    assert (found.indication, found.level) == (Indication.PASSED, "JAdES-B-B")
    assert found.claimed_time == datetime(2026, 11, 24, 20, tzinfo=UTC)


def test_an_unencoded_payload_and_one_beside_the_signature_are_read(policy, means, signer, source, tmp_path):
    """RFC 7797 (b64 false) and RFC 7515, appendix F (payload left out), as other tools write them."""
    target = tmp_path / "signed"
    who = signer("official")
    sign_jades([("a", source)], target, who, Level.B_B, ATTACHED, COMPACT, means, NOW)
    header, _, value = target.read_text().split(".")
    target.write_text(f"{header}..{value}")
    assert report_on(target, {"x": source}, policy).overall is Overall.PASSED
    assert report_on(target, {}, policy).signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND

    changed = read_json_object(from_b64url(header))
    changed.update(b64=False, crit=["b64"])
    protected = b64url(json.dumps(changed).encode())
    plain = who.key.sign(f"{protected}.".encode() + CONTENT, SignatureAlgorithm.RSA_SHA256)
    target.write_text(f"{protected}..{b64url(plain)}")
    assert report_on(target, {"x": source}, policy).overall is Overall.PASSED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a.b",
        b"..",
        b"{}",
        b"[]",
        b"not a signature",
        b'{"payload":1,"protected":"e30","signature":"AA"}',
        b'{"payload":"","payload":"","protected":"e30","signature":"AA"}',
        b'{"payload":"","protected":"e30","signature":"A"}',
        b'{"payload":"","signatures":[]}',
        b'{"payload":"","signatures":[{"protected":"e30","signature":"AA"}],"signature":"AA"}',
        b'{"payload":"","protected":"eyJhbGciOiJSUzI1NiJ9","header":{"alg":"RS256"},"signature":"AA"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"payload":NaN}',
        b"\xff\xfe{",
    ],
)
def test_what_is_no_signature_is_a_finding(content, policy, tmp_path):
    (tmp_path / "file").write_bytes(content)

    report = report_on(tmp_path / "file", {}, policy)

    assert report.overall is not Overall.PASSED
    assert not any(one.intact for one in report.signatures)
    assert collect_jades_needs(tmp_path / "file").queries == ()
    with pytest.raises(SignatureFileUnreadable):
        read_jws(content)


def test_orders_that_no_form_can_fill_are_refused_before_the_key_is_used(means, signer, source, tmp_path, monkeypatch):
    who, target, one = signer("official"), tmp_path / "target", tmp_path / "one"
    sign_jades([("a", source)], one, signer("seal"), Level.B_B, ATTACHED, COMPACT, means, NOW)
    many = [("a", source), ("b", source)]
    cases = [
        ([("a", source)], Level.B_T, ATTACHED, COMPACT, SerialisationUnfit),
        ([("a", source)], Level.B_LT, ATTACHED, FLATTENED, SerialisationUnfit),
        ([], Level.B_B, DETACHED, FLATTENED, ContainerFilesUnfit),
        (many, Level.B_B, ATTACHED, FLATTENED, ContainerFilesUnfit),
        ([many[0], many[0]], Level.B_B, DETACHED, FLATTENED, ContainerFilesUnfit),
    ]
    for files, level, packaging, serialisation, error in cases:
        with pytest.raises(error):
            sign_jades(files, target, who, level, packaging, serialisation, means, NOW)
    monkeypatch.setattr(jades, "MAX_PAYLOAD_BYTES", 10)
    with pytest.raises(PayloadTooLarge):
        sign_jades([("a", source)], target, who, Level.B_B, ATTACHED, FLATTENED, means, NOW)
    with pytest.raises(SerialisationUnfit):
        sign_jades_in_parallel(one, [], target, who, Level.B_B, means, NOW)

    assert who.key.uses == 0
    assert not target.exists()


def test_nobody_joins_in_over_other_files(means, signer, source, tmp_path):
    who, other = signer("official"), tmp_path / "other"
    other.write_bytes(b"other")
    sign_jades([("a", source)], tmp_path / "one", signer("seal"), Level.B_B, DETACHED, FLATTENED, means, NOW)

    for files in ([("a", other)], []):
        with pytest.raises(SignedContentDiffers):
            sign_jades_in_parallel(tmp_path / "one", files, tmp_path / "two", who, Level.B_B, means, NOW)
    assert who.key.uses == 0


def test_every_algorithm_that_we_sign_with_has_its_jose_name():
    assert set(JOSE_NAMES) == set(SignatureAlgorithm)
