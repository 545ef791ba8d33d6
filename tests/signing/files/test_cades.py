"""CAdES signatures of any file, judged by openssl, pyHanko and our own validation."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from certs.model import Indication, SubIndication
from signing.errors.files import SignatureFileUnreadable, SignatureNotFound, SignedContentDiffers, SignedContentMissing
from signing.errors.keys import KeySourceUnavailable, SignatureValueWrong
from signing.errors.signatures import ResultUnsound
from signing.errors.timestamps import TimestampUnavailable
from signing.files.cades import countersign, sign_cades, sign_in_parallel
from signing.files.model import FileSigner, Means, Packaging
from signing.formats.cades.attributes import signed_attributes
from signing.formats.cades.sign import PreparedSigner, complete_signer, digest_file, new_signed_data
from signing.formats.cades.structure import DATA_OID, read_signed_data, write_signed_data
from signing.formats.cms import signer_fields
from signing.key_sources.fake import FakeKeySource
from signing.model import Level, SignatureAlgorithm
from signing.validation.cades import validate_cades
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Overall
from tests.signing.cms_judges import assert_pyhanko_accepts, openssl_complaint, openssl_stamp_complaint
from tests.signing.files.conftest import CONTENT

NOW = datetime.now(UTC)
KEYS = [
    ("official", None),
    ("official", SignatureAlgorithm.RSASSA_PSS_SHA256),
    ("official_p256", None),
    ("official_p384", None),
    ("official_ed25519", None),
]


def report_on(target: Path, content: Path | None, policy: ValidationPolicy):
    return validate_cades(target, content, policy, datetime.now(UTC) + timedelta(minutes=1))


@pytest.mark.parametrize("packaging", list(Packaging))
@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
@pytest.mark.parametrize(("name", "algorithm"), KEYS)
def test_it_is_good_to_openssl_pyhanko_and_us(
    name, algorithm, level, packaging, pki, policy, means, signer, source, tmp_path
):
    target = tmp_path / "signature.p7m"
    detached = packaging is Packaging.DETACHED

    signed = sign_cades(source, target, signer(name, algorithm), level, packaging, means, NOW)

    if name != "official_ed25519":  # openssl 3.0 does not verify Ed25519 in CMS
        assert openssl_complaint(target, source if detached else None, pki.root.der, tmp_path) == ""
        assert (tmp_path / "verified").read_bytes() == CONTENT
    assert_pyhanko_accepts(target.read_bytes(), CONTENT if detached else None, pki.root.der)
    found = report_on(target, source if detached else None, policy).signatures
    assert [(one.intact, one.level, one.field_name) for one in found] == [(True, f"CAdES-{level}", "#1")]
    assert signed.size_bytes == target.stat().st_size


def test_it_holds_the_attributes_of_the_baseline_and_is_der(pki, means, signer, source, tmp_path):
    target = tmp_path / "signature.p7s"
    sign_cades(source, target, signer("official_p256"), Level.B_T, Packaging.DETACHED, means, NOW)

    content = cms.ContentInfo.load(target.read_bytes(), strict=True)
    info = content["content"]["signer_infos"][0]
    kinds = {attribute["type"].native for attribute in info["signed_attrs"]}
    assert kinds == {"content_type", "message_digest", "signing_certificate_v2", "signing_time"}
    assert content["content"]["encap_content_info"]["content"].native is None
    assert info["signed_attrs"].untag().dump(force=True) == info["signed_attrs"].untag().dump()
    (stamp,) = info["unsigned_attrs"]
    token = stamp["values"][0].dump()
    assert openssl_stamp_complaint(token, info["signature"].native, pki.root.der, tmp_path) == ""
    assert openssl_stamp_complaint(token, b"another value", pki.root.der, tmp_path) != ""


def test_the_same_order_makes_the_same_bytes(means, signer, source, tmp_path):
    for name in ("one", "two"):
        sign_cades(source, tmp_path / name, signer("official"), Level.B_B, Packaging.ATTACHED, means, NOW)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_an_empty_file_is_signed_as_what_it_is(pki, means, signer, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    for packaging in Packaging:
        target = tmp_path / packaging
        sign_cades(tmp_path / "empty", target, signer("official_p256"), Level.B_B, packaging, means, NOW)
        content = tmp_path / "empty" if packaging is Packaging.DETACHED else None
        assert openssl_complaint(target, content, pki.root.der, tmp_path) == ""


def test_three_sign_in_parallel_and_every_one_stays_good(pki, policy, means, signer, source, tmp_path):
    files = [tmp_path / f"{count}.p7s" for count in (1, 2, 3)]
    sign_cades(source, files[0], signer("official"), Level.B_T, Packaging.DETACHED, means, NOW)
    sign_in_parallel(files[0], source, files[1], signer("official_p384"), Level.B_B, means, NOW)
    sign_in_parallel(files[1], source, files[2], signer("seal"), Level.B_T, means, NOW)

    assert openssl_complaint(files[2], source, pki.root.der, tmp_path) == ""
    found = report_on(files[2], source, policy).signatures
    assert [one.level for one in found] == ["CAdES-B-T", "CAdES-B-B", "CAdES-B-T"]
    assert all(one.intact for one in found)
    first = [cms.ContentInfo.load(file.read_bytes())["content"]["signer_infos"][0].dump() for file in files]
    assert first[0] == first[1] == first[2]


def test_a_signer_joins_in_an_attached_file_without_the_content_beside_it(pki, means, signer, source, tmp_path):
    sign_cades(source, tmp_path / "one", signer("official"), Level.B_B, Packaging.ATTACHED, means, NOW)

    sign_in_parallel(tmp_path / "one", None, tmp_path / "two", signer("seal"), Level.B_B, means, NOW)

    assert openssl_complaint(tmp_path / "two", None, pki.root.der, tmp_path) == ""
    assert (tmp_path / "verified").read_bytes() == CONTENT


def test_a_counter_signature_signs_the_value_and_leaves_the_signature_good(
    pki, policy, means, signer, source, tmp_path
):
    sign_cades(source, tmp_path / "one", signer("official"), Level.B_T, Packaging.DETACHED, means, NOW)

    countersign(tmp_path / "one", source, tmp_path / "two", signer("seal"), Level.B_T, means, NOW)

    assert openssl_complaint(tmp_path / "two", source, pki.root.der, tmp_path) == ""
    found = report_on(tmp_path / "two", source, policy).signatures
    assert [(one.field_name, one.intact, one.level) for one in found] == [
        ("#1", True, "CAdES-B-T"),
        ("#1.1", True, "CAdES-B-T"),
    ]
    info = cms.ContentInfo.load((tmp_path / "two").read_bytes())["content"]["signer_infos"][0]
    counter = next(a for a in info["unsigned_attrs"] if a["type"].native == "counter_signature")["values"][0]
    attributes = counter["signed_attrs"].untag().dump()
    pki.seal.certificate.public_key().verify(
        counter["signature"].native, attributes, padding.PKCS1v15(), hashes.SHA256()
    )
    assert "content_type" not in {attribute["type"].native for attribute in counter["signed_attrs"]}


@pytest.mark.parametrize("packaging", list(Packaging))
def test_no_flipped_byte_is_accepted_or_stops_the_validation(packaging, pki, policy, means, signer, source, tmp_path):
    target, altered = tmp_path / "signature", tmp_path / "altered"
    alone = FileSigner(pki.official_p256.der, FakeKeySource(pki.official_p256.key))
    source.write_bytes(CONTENT[:64])
    sign_cades(source, target, alone, Level.B_B, packaging, means, NOW)
    original = target.read_bytes()
    content = source if packaging is Packaging.DETACHED else None
    passed = []
    for offset in range(0, len(original), 7):
        changed = bytearray(original)
        changed[offset] ^= 0x40
        altered.write_bytes(changed)
        report = report_on(altered, content, policy)
        signer_holds = [one for one in report.signatures if one.intact and one.signer_name]
        if signer_holds:
            passed.append(offset)
    # Only what no CMS signature is about may change: versions, the list of digests, an algorithm's empty parameters.
    signer_version = original.index(read_signed_data(original).signers[0].signed_fields)
    unsigned = {*range(48), *range(signer_version, signer_version + 3)}
    assert all(at in unsigned or original[at : at + 2] == b"\x05\x00" for at in passed), passed


def test_truncated_files_are_findings(pki, policy, means, signer, source, tmp_path):
    target, cut = tmp_path / "signature", tmp_path / "cut"
    sign_cades(source, target, signer("official_p256"), Level.B_T, Packaging.ATTACHED, means, NOW)
    original = target.read_bytes()
    for size in range(0, len(original), 97):
        cut.write_bytes(original[:size])
        report = report_on(cut, None, policy)
        assert report.overall is Overall.INDETERMINATE
        assert report.signatures == ()


def test_another_file_beside_it_fails_and_no_file_is_indeterminate(pki, policy, means, signer, source, tmp_path):
    target, other = tmp_path / "signature", tmp_path / "other"
    other.write_bytes(CONTENT + b"!")
    sign_cades(source, target, signer("official"), Level.B_B, Packaging.DETACHED, means, NOW)

    wrong, missing = (report_on(target, content, policy).signatures[0] for content in (other, None))

    assert (wrong.indication, wrong.sub_indication) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert missing.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
    assert missing.indication is Indication.INDETERMINATE
    assert missing.intact is None


def test_the_result_is_not_kept_when_the_key_is_anothers(means, signer, pki, source, tmp_path):
    wrong = FileSigner(pki.official.der, FakeKeySource(pki.seal.key), pki.chain)

    with pytest.raises(SignatureValueWrong):
        sign_cades(source, tmp_path / "target", wrong, Level.B_B, Packaging.ATTACHED, means, NOW)

    assert not (tmp_path / "target").exists()


def test_nothing_is_kept_and_no_key_used_without_an_authority(means, signer, source, tmp_path):
    alone = Means(means.confined, means.policy)
    who = signer("official")

    with pytest.raises(TimestampUnavailable):
        sign_cades(source, tmp_path / "target", who, Level.B_T, Packaging.ATTACHED, alone, NOW)

    assert who.key.uses == 0
    assert not (tmp_path / "target").exists()


def test_a_time_stamp_that_our_policy_does_not_trust_keeps_the_result_back(means, signer, source, tmp_path):
    distrustful = Means(means.confined, ValidationPolicy(), means.tsa)

    with pytest.raises(ResultUnsound):
        sign_cades(source, tmp_path / "target", signer("official"), Level.B_T, Packaging.ATTACHED, distrustful, NOW)

    assert not (tmp_path / "target").exists()


def test_a_failing_key_and_a_failing_authority_leave_nothing(means, signer, stamping, source, tmp_path):
    who = signer("official")
    who.key.failure = KeySourceUnavailable("out of order")
    with pytest.raises(KeySourceUnavailable):
        sign_cades(source, tmp_path / "target", who, Level.B_B, Packaging.ATTACHED, means, NOW)
    stamping.failure = TimestampUnavailable("silent")
    with pytest.raises(TimestampUnavailable):
        sign_cades(source, tmp_path / "target", signer("seal"), Level.B_T, Packaging.ATTACHED, means, NOW)

    assert not (tmp_path / "target").exists()


def test_who_joins_in_must_bring_the_same_content(means, signer, source, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"another decision")
    sign_cades(source, tmp_path / "one", signer("official"), Level.B_B, Packaging.DETACHED, means, NOW)
    who = signer("seal")

    for content, error in ((other, SignedContentDiffers), (None, SignedContentMissing)):
        with pytest.raises(error):
            sign_in_parallel(tmp_path / "one", content, tmp_path / "two", who, Level.B_B, means, NOW)
    for broken in (b"", b"%PDF-1.7", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"0" * 1000):
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(SignatureFileUnreadable):
            sign_in_parallel(tmp_path / "broken", source, tmp_path / "two", who, Level.B_B, means, NOW)
    with pytest.raises(SignatureNotFound):
        countersign(tmp_path / "one", source, tmp_path / "two", who, Level.B_B, means, NOW, signer_index=1)

    assert who.key.uses == 0
    assert not (tmp_path / "two").exists()


def test_an_attribute_that_names_another_certificate_is_no_signing_certificate(pki, policy, source, tmp_path):
    """The value is right, but the signer did not say whose it is: certificates could be swapped."""
    algorithm = SignatureAlgorithm.ECDSA_SHA256
    named = signer_fields(pki.official.der, algorithm).signing_certificate
    attributes = signed_attributes(digest_file(source, "sha256"), named, NOW, content_type=DATA_OID)
    prepared = PreparedSigner(attributes, pki.official_p256.der, algorithm)
    parts = complete_signer(prepared, FakeKeySource(pki.official_p256.key).sign(attributes, algorithm))
    certificates = (pki.official_p256.der, pki.official.der, *pki.chain)
    (tmp_path / "target").write_bytes(b"".join(write_signed_data(new_signed_data(None, parts, certificates))))

    (found,) = report_on(tmp_path / "target", source, policy).signatures

    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    )
    assert openssl_complaint(tmp_path / "target", source, pki.root.der, tmp_path) != ""
