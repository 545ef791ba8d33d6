"""Signing XML from file to file: each result is judged by xmlsec1 and signxml besides our own check."""

import base64
import hashlib
import pickle
from datetime import UTC, datetime

import pytest
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod
from signxml.xades import XAdESSigner

from signing.errors.evidence import MaterialUnavailable
from signing.errors.files import (
    EarlierSignatureBroken,
    EarlierSignatureWouldBreak,
    SignatureFileUnreadable,
    SignatureNotFound,
)
from signing.errors.keys import SignatureValueWrong
from signing.errors.timestamps import TimestampUnavailable
from signing.errors.xml import XmlForbidden, XmlPlaceNotFound, XmlReferenceUnsound, XmlTooLarge
from signing.files.model import FileSigner, Means
from signing.files.xades import (
    countersign_xades,
    prepare_xades_enveloped,
    sign_xades_detached,
    sign_xades_enveloped,
    sign_xades_enveloping,
)
from signing.files.xades_completion import complete_xades
from signing.formats.xml import standalone
from signing.formats.xml.enveloped import ElementPlace
from signing.formats.xml.model import SignaturePolicy
from signing.formats.xml.parsing import parse_xml
from signing.key_sources.fake import FakeKeySource
from signing.model import Level, SignatureAlgorithm
from signing.validation.xades import check_xades
from signing.validation.xml_document import validate_xades
from tests.signing.formats.xml.judges import signxml_accepts, xmlsec1_problems

RECEIPT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- biên lai --><HDon xmlns="urn:bienlai" xmlns:unused="urn:x">\r
  <DLHDon Id="data"><TTChung><PBan>2.0.0</PBan></TTChung><Ten note="a&#10;b">Nguyễn Văn Ví Dụ &amp; con</Ten></DLHDon>
  <DSCKS><NBan/></DSCKS>
</HDon>
""".encode()
SELLER = ElementPlace("/r:HDon/r:DSCKS/r:NBan", (("r", "urn:bienlai"),))
KEYS = ("official", "official_p256", "official_p384")
CONTENT = "Quyết định số 12/QĐ-UBND\r\n".encode() * 40


@pytest.fixture
def sign(pki, signer, means, tmp_path):
    """Signs bytes with a holder's key and returns the signed file; single parts can be replaced."""

    def run(data, name="official_p256", level=Level.B_B, *, by=None, using=None, **parts):
        source, target = tmp_path / "source.xml", tmp_path / "signed.xml"
        source.write_bytes(data)
        made = sign_xades_enveloped(
            source, target, by or signer(name), level, using or means, datetime.now(UTC), **parts
        )
        assert made.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
        return target

    return run


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
@pytest.mark.parametrize("name", KEYS)
def test_a_whole_document_is_signed_inside_itself(name, level, sign, pki):
    holder = getattr(pki, name)
    signed = sign(RECEIPT, name, level)

    assert xmlsec1_problems(signed, pki) == ""
    signxml_accepts(signed.read_bytes(), holder, references=2)
    (found,) = check_xades(parse_xml(signed.read_bytes()))
    assert (found.sub_indication, found.intact, found.refers_to_signer) == (None, True, True)
    assert found.covers_whole_document
    assert found.signer_der == holder.der
    assert found.algorithms.digests[0] in {"sha256", "sha384"}


@pytest.mark.parametrize("name", KEYS)
def test_one_element_is_signed_by_its_identifier_and_the_signature_goes_where_asked(name, sign, pki):
    holder = getattr(pki, name)
    signed = sign(RECEIPT, name, Level.B_T, reference_id="data", place=SELLER)

    assert xmlsec1_problems(signed, pki, ["DLHDon"]) == ""
    signxml_accepts(signed.read_bytes(), holder, references=2)
    root = parse_xml(signed.read_bytes())
    assert root[1][0][0].tag.endswith("}Signature")
    (found,) = check_xades(root)
    assert [(part.uri, part.path, part.whole_document) for part in found.parts] == [("#data", "/*/*[1]", False)]
    assert not found.covers_whole_document


def test_the_signed_element_may_be_moved_into_an_envelope_of_other_namespaces(sign, pki, tmp_path):
    signed = sign(RECEIPT, reference_id="data", place=SELLER).read_bytes()
    body = signed[signed.index(b"<HDon") :]
    moved = tmp_path / "moved.xml"
    moved.write_bytes(b'<TDiep xmlns:e="urn:e" xml:lang="vi"><DLieu>' + body + b"</DLieu></TDiep>")

    assert xmlsec1_problems(moved, pki, ["DLHDon"]) == ""
    (found,) = check_xades(parse_xml(moved.read_bytes()))
    assert found.intact


def test_names_in_vietnamese_letters_are_signed_as_they_are(sign, pki):
    signed = sign('<đơn xmlns:không-dùng="urn:x"><tên chú="ý">Ví Dụ</tên></đơn>'.encode(), level=Level.B_T)

    assert xmlsec1_problems(signed, pki) == ""
    (found,) = check_xades(parse_xml(signed.read_bytes()))
    assert found.intact


def test_the_bytes_around_the_signature_stay_as_they_were(sign):
    signed = sign(RECEIPT).read_bytes()

    start, end = signed.index(b"<ds:Signature "), signed.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    assert signed[:start] + signed[end:] == RECEIPT


def test_signatures_beside_each_other_leave_the_earlier_ones_good(sign, pki):
    signed = RECEIPT
    for name in KEYS:
        signed = sign(signed, name, Level.B_T).read_bytes()
    path = sign(signed, reference_id="data", place=SELLER)

    findings = check_xades(parse_xml(path.read_bytes()))
    assert [found.intact for found in findings] == [True] * 4
    for found in findings:
        assert xmlsec1_problems(path, pki, ["DLHDon"], found.signature_id) == ""


def test_a_policy_is_named_inside_what_is_signed(sign, pki):
    policy = SignaturePolicy("1.3.6.1.4.1.55555.1", b"\x01" * 32, "https://example.invalid/policy.pdf")
    signed = sign(RECEIPT, policy=policy)

    assert xmlsec1_problems(signed, pki) == ""
    assert b"urn:oid:1.3.6.1.4.1.55555.1" in signed.read_bytes()


def test_any_change_to_what_is_signed_is_found_and_a_change_elsewhere_is_not(sign, pki):
    signed = sign(RECEIPT, level=Level.B_T, reference_id="data", place=SELLER).read_bytes()
    first, last = signed.index(b"<DLHDon"), signed.index(b"</DLHDon>")
    changed = {
        "content": signed[: first + 60].replace(b"2.0.0", b"2.0.1")
        + signed[first + 60 :].replace(b"2.0.0", b"2.0.1", 1),
        "signing time": signed.replace(b"<xades:SigningTime>20", b"<xades:SigningTime>19"),
        "reference": signed.replace(b'URI="#data"', b'URI="#Data"'),
        "format": signed.replace(b"<xades:MimeType>text/xml", b"<xades:MimeType>text/xxx"),
        "added inside": signed[:last] + b"<x/>" + signed[last:],
    }
    for what, data in changed.items():
        assert data != signed, what
        (found,) = check_xades(parse_xml(data))
        assert found.intact is False, what

    (found,) = check_xades(parse_xml(signed.replace("biên lai".encode(), b"bien lai")))
    assert found.intact


def test_a_certificate_put_in_the_place_of_the_signers_is_found(sign, pki):
    signed = sign(RECEIPT).read_bytes()
    own, other = (base64.b64encode(holder.der) for holder in (pki.official_p256, pki.official_p384))
    (found,) = check_xades(parse_xml(signed.replace(own, other)))

    assert found.sub_indication is not None
    assert not found.refers_to_signer


def test_an_element_with_a_twin_is_not_signed(sign):
    twin = RECEIPT.replace(b"<DSCKS>", b'<Other id="data"/><DSCKS>')
    with pytest.raises(XmlReferenceUnsound):
        sign(twin, reference_id="data", place=SELLER)
    with pytest.raises(XmlReferenceUnsound):
        sign(RECEIPT, reference_id="absent", place=SELLER)


def test_a_twin_that_comes_after_signing_is_found(sign):
    signed = sign(RECEIPT, reference_id="data", place=SELLER).read_bytes()
    (found,) = check_xades(parse_xml(signed.replace(b"<DSCKS>", b'<DLHDon Id="data">fake</DLHDon><DSCKS>')))

    assert found.intact is False


@pytest.mark.parametrize("path", ["/r:HDon/r:None", "//r:*", "][", "count(/*)", "/r:HDon/@*", "//text()"])
def test_a_place_that_is_not_one_element_is_refused(path, sign):
    with pytest.raises(XmlPlaceNotFound):
        sign(RECEIPT, reference_id="data", place=ElementPlace(path, (("r", "urn:bienlai"),)))


def test_a_signature_that_covers_everything_is_not_broken_by_one_more(sign, pki, tmp_path):
    """The plain enveloped transform leaves out its own signature only."""
    root = XAdESSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256).sign(
        parse_xml(b"<a><b/></a>"), key=pki.official_p384.key, cert=[pki.official_p384.certificate]
    )
    data = etree.tostring(root)
    (found,) = check_xades(parse_xml(data))
    assert found.intact

    by = FileSigner(pki.official_p256.der, FakeKeySource(pki.official_p256.key))
    with pytest.raises(EarlierSignatureWouldBreak):
        sign(data, by=by)
    with pytest.raises(EarlierSignatureBroken):
        sign(data.replace(b"<b/>", b"<c/>"), by=by)
    assert by.key.uses == 0


def test_a_hostile_file_never_reaches_the_key(sign, signer):
    by = signer("official_p256")
    with pytest.raises(XmlForbidden):
        sign(b'<!DOCTYPE a [<!ENTITY e "x">]><a>e</a>', by=by)
    assert by.key.uses == 0


def test_a_value_of_another_key_is_never_embedded(sign, pki, tmp_path):
    with pytest.raises(SignatureValueWrong):
        sign(RECEIPT, by=FileSigner(pki.official.der, FakeKeySource(pki.seal.key)))
    assert not (tmp_path / "signed.xml").exists()


def test_what_a_level_needs_is_asked_for_before_the_key_is_used(sign, signer, means):
    by, nobody = signer("official_p256"), Means(means.confined, means.policy)
    with pytest.raises(TimestampUnavailable):
        sign(RECEIPT, level=Level.B_T, by=by, using=nobody)
    with pytest.raises(MaterialUnavailable):
        sign(RECEIPT, level=Level.B_LT, by=by)
    assert by.key.uses == 0


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
def test_any_file_is_signed_inside_its_signature(name, level, source, signer, means, pki, tmp_path):
    target = tmp_path / "around.xml"
    sign_xades_enveloping(source, target, signer(name), level, means, datetime.now(UTC), mime_type="text/plain")

    assert xmlsec1_problems(target, pki) == ""
    signxml_accepts(target.read_bytes(), getattr(pki, name), references=2)
    root = parse_xml(target.read_bytes())
    assert base64.b64decode(root[-1].text) == source.read_bytes()
    (found,) = validate_xades(target, {}, means.policy, datetime.now(UTC)).signatures
    assert (found.intact, found.covers_whole_document) == (True, True)


def test_what_stands_inside_a_signature_has_its_limit(source, signer, means, tmp_path, monkeypatch):
    monkeypatch.setattr(standalone, "MAX_ENVELOPED_BYTES", 100)
    by = signer("official_p256")
    with pytest.raises(XmlTooLarge):
        sign_xades_enveloping(source, tmp_path / "x", by, Level.B_B, means, datetime.now(UTC))
    assert by.key.uses == 0


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
@pytest.mark.parametrize("name", KEYS)
def test_files_are_signed_beside_the_signature(name, level, signer, means, pki, tmp_path):
    files = {}
    for file in ("quyet-dinh.pdf", "phụ lục 1 & 2.xml"):
        files[file] = tmp_path / file
        files[file].write_bytes(CONTENT + file.encode())
    target = tmp_path / "beside.xml"
    sign_xades_detached(
        files, target, signer(name), level, means, datetime.now(UTC), mime_types={"quyet-dinh.pdf": "application/pdf"}
    )

    assert xmlsec1_problems(target, pki) == ""
    (found,) = validate_xades(target, files, means.policy, datetime.now(UTC)).signatures
    assert (found.intact, found.covers_whole_document) == (True, True)

    (found,) = validate_xades(target, {}, means.policy, datetime.now(UTC)).signatures
    assert (found.intact, found.sub_indication) == (None, "SIGNED_DATA_NOT_FOUND")
    files["quyet-dinh.pdf"].write_bytes(b"other")
    (found,) = validate_xades(target, files, means.policy, datetime.now(UTC)).signatures
    assert (found.intact, found.sub_indication) == (False, "HASH_FAILURE")


def test_a_signature_is_countersigned_and_both_hold(sign, signer, means, pki, tmp_path):
    first = sign(RECEIPT, level=Level.B_T)
    (own,) = check_xades(parse_xml(first.read_bytes()))
    twice, thrice = tmp_path / "twice.xml", tmp_path / "thrice.xml"
    now = datetime.now(UTC)
    made = countersign_xades(first, twice, own.signature_id, signer("official"), Level.B_T, means, now)
    countersign_xades(twice, thrice, made.signature_id, signer("official_p384"), Level.B_B, means, now)

    report = validate_xades(thrice, {}, means.policy, now)
    assert [one.field_name for one in report.signatures] == ["#1", "#1.1", "#1.1.1"]
    assert [one.intact for one in report.signatures] == [True] * 3
    for found in check_xades(parse_xml(thrice.read_bytes())):
        assert xmlsec1_problems(thrice, pki, (), found.signature_id) == ""
    changed = thrice.read_bytes().replace(b"<xades:SigningTime>20", b"<xades:SigningTime>19", 1)
    thrice.write_bytes(changed)
    assert validate_xades(thrice, {}, means.policy, now).signatures[0].intact is False


def test_a_signature_that_gives_no_hold_is_not_countersigned(sign, signer, means, tmp_path):
    first, by = sign(RECEIPT), signer("official")
    (own,) = check_xades(parse_xml(first.read_bytes()))
    with pytest.raises(SignatureNotFound):
        countersign_xades(first, tmp_path / "x", "absent", by, Level.B_B, means, datetime.now(UTC))
    first.write_bytes(first.read_bytes().replace(f' Id="{own.signature_id}-value"'.encode(), b""))
    with pytest.raises(SignatureFileUnreadable):
        countersign_xades(first, tmp_path / "x", own.signature_id, by, Level.B_B, means, datetime.now(UTC))
    assert by.key.uses == 0


def test_a_prepared_signature_can_wait_for_its_key_elsewhere(signer, means, pki, tmp_path):
    by, now = signer("official"), datetime.now(UTC)
    prepared = prepare_xades_enveloped(RECEIPT, by, means, now, reference_id="data", place=SELLER)
    kept = pickle.loads(pickle.dumps(prepared))  # noqa: S301 - our own bytes
    value = by.key.sign(kept.unfinished.signed_info, by.algorithm)

    target = tmp_path / "signed.xml"
    complete_xades(kept, value, target, Level.B_T, means, now)

    assert xmlsec1_problems(target, pki, ["DLHDon"]) == ""
    with pytest.raises(SignatureValueWrong):
        complete_xades(kept, value[:-1] + bytes([value[-1] ^ 1]), target, Level.B_B, means, now)


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("official", SignatureAlgorithm.RSASSA_PSS_SHA256),
        ("official", SignatureAlgorithm.RSASSA_PSS_SHA512),
        ("official_ed25519", None),
    ],
)
def test_schemes_beyond_xmlsec1_are_written_as_rfc_9231_says(name, algorithm, source, signer, means, pki, tmp_path):
    """xmlsec1 before 1.3 knows neither; signxml judges RSASSA-PSS, and the bare key judges both."""
    target = tmp_path / "around.xml"
    by = signer(name, algorithm)
    sign_xades_enveloping(source, target, by, Level.B_T, means, datetime.now(UTC))

    if algorithm is not None:
        signxml_accepts(target.read_bytes(), getattr(pki, name), references=2)
    (found,) = validate_xades(target, {}, means.policy, datetime.now(UTC)).signatures
    assert (found.intact, found.level) == (True, "XAdES-B-B")
