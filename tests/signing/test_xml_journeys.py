"""Signing XML from file to file: each result is judged by xmlsec1 and signxml besides our own check."""

from datetime import UTC, datetime

import pytest

from config.confinement import InProcess
from signing.errors import (
    EarlierSignatureBroken,
    EarlierSignatureWouldBreak,
    SignatureValueWrong,
    TimestampUnavailable,
    XmlForbidden,
    XmlPlaceNotFound,
    XmlReferenceUnsound,
)
from signing.formats.xml.enveloped import ElementPlace
from signing.formats.xml.model import SignaturePolicy
from signing.formats.xml.parsing import parse_xml
from signing.key_sources.fake import FakeKeySource
from signing.model import Level
from signing.validation.xades import check_xades
from signing.xml_journeys import XmlSignatureStep, sign_xml
from tests.signing.conftest import key_of
from tests.signing.formats.xml.judges import signxml_accepts, xmlsec1_problems

RECEIPT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- biên lai --><HDon xmlns="urn:bienlai" xmlns:unused="urn:x">\r
  <DLHDon Id="data"><TTChung><PBan>2.0.0</PBan></TTChung><Ten note="a&#10;b">Nguyễn Văn Ví Dụ &amp; con</Ten></DLHDon>
  <DSCKS><NBan/></DSCKS>
</HDon>
""".encode()
SELLER = ElementPlace("/r:HDon/r:DSCKS/r:NBan", (("r", "urn:bienlai"),))
KEYS = ("official", "official_p256", "official_p384")


@pytest.fixture
def sign(pki, tsa, tmp_path):
    """Signs bytes with a holder's key and returns the signed file; single parts can be replaced."""

    def run(data, holder=None, level=Level.B_B, **parts):
        holder = holder or pki.official_p256
        given = {"key": key_of(holder), "tsa": tsa, "confined": InProcess(), "now": datetime.now(UTC)}
        given |= {name: parts.pop(name) for name in tuple(parts) if name in given}
        source, target = tmp_path / "source.xml", tmp_path / "signed.xml"
        source.write_bytes(data)
        made = sign_xml(source, target, XmlSignatureStep(level, holder.der, pki.chain, **parts), **given)
        assert made.size_bytes == target.stat().st_size
        return target

    return run


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
@pytest.mark.parametrize("name", KEYS)
def test_a_whole_document_is_signed_inside_itself(name, level, sign, pki):
    holder = getattr(pki, name)
    signed = sign(RECEIPT, holder, level)

    assert xmlsec1_problems(signed, pki) == ""
    signxml_accepts(signed.read_bytes(), holder, references=2)
    (found,) = check_xades(parse_xml(signed.read_bytes()))
    assert (found.sub_indication, found.intact, found.refers_to_signer) == (None, True, True)
    assert found.covers_whole_document
    assert found.signer_der == holder.der
    assert not found.weak


@pytest.mark.parametrize("name", KEYS)
def test_one_element_is_signed_by_its_identifier_and_the_signature_goes_where_asked(name, sign, pki):
    holder = getattr(pki, name)
    signed = sign(RECEIPT, holder, Level.B_T, reference_id="data", place=SELLER)

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
        signed = sign(signed, getattr(pki, name), Level.B_T).read_bytes()
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
    import base64

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
    from signxml import DigestAlgorithm, SignatureMethod
    from signxml.xades import XAdESSigner

    root = XAdESSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256).sign(
        parse_xml(b"<a><b/></a>"), key=pki.official_p384.key, cert=[pki.official_p384.certificate]
    )
    from lxml import etree

    data = etree.tostring(root)
    (found,) = check_xades(parse_xml(data))
    assert found.intact

    key = key_of(pki.official_p256)
    with pytest.raises(EarlierSignatureWouldBreak):
        sign(data, key=key)
    with pytest.raises(EarlierSignatureBroken):
        sign(data.replace(b"<b/>", b"<c/>"), key=key)
    assert key.uses == 0


def test_a_hostile_file_never_reaches_the_key(sign, pki):
    key = key_of(pki.official_p256)
    with pytest.raises(XmlForbidden):
        sign(b'<!DOCTYPE a [<!ENTITY e "x">]><a>e</a>', key=key)
    assert key.uses == 0


def test_a_value_of_another_key_is_never_embedded(sign, pki, tmp_path):
    with pytest.raises(SignatureValueWrong):
        sign(RECEIPT, key=FakeKeySource(pki.seal.key), holder=pki.official)
    assert not (tmp_path / "signed.xml").exists()


def test_without_an_authority_no_key_is_used_for_a_stamped_signature(sign, pki):
    key = key_of(pki.official_p256)
    with pytest.raises(TimestampUnavailable):
        sign(RECEIPT, level=Level.B_T, tsa=None, key=key)
    assert key.uses == 0
