"""Canonical forms, held against those of xmlsec1's library where lxml does not already give them."""

import pytest
from lxml import etree

from signing.errors.xml import XmlTransformUnsupported
from signing.formats.xml.canonical import canonical, outermost_signatures, without
from signing.formats.xml.names import C14N, C14N11, C14N_COMMENTS, DS, EXC_C14N
from signing.formats.xml.parsing import parse_xml
from signing.formats.xml.text import element, escape_attribute, escape_text, in_document, octets

NASTY = 'Nguyễn & <Văn> "Ví"\r\n\t 𝄞'


def test_what_is_written_here_is_its_own_exclusive_canonical_form():
    inner = element("xades:CertDigest", element("ds:DigestValue", "AA=="), element("ds:DigestValue", "BB=="))
    text = element(
        "xades:SignedProperties",
        element("xades:MimeType", escape_text(NASTY)),
        inner,
        attributes={"Target": NASTY, "Id": "x", "Absent": None},
    )
    around = element("ds:Object", element("xades:QualifyingProperties", text))

    parsed = parse_xml(in_document(around))[0][0]

    assert canonical(parsed, EXC_C14N) == octets(text)
    assert parsed.get("Target") == NASTY
    assert "".join(parsed[0].itertext()) == NASTY


def test_an_element_is_made_canonical_in_its_place():
    root = parse_xml(
        b'<?x y?><a xmlns="urn:1" xmlns:u="urn:unused" xml:lang="vi" xml:space="preserve">'
        b'<b xml:id="up"><c z="1" a="2"><!-- hidden --><d xmlns=""/></c></b></a>'
    )
    c = root[0][0]

    assert canonical(c, C14N) == (
        b'<c xmlns="urn:1" xmlns:u="urn:unused" a="2" xml:id="up" xml:lang="vi" xml:space="preserve" z="1">'
        b'<d xmlns=""></d></c>'
    ).replace(
        b'a="2" xml:id="up" xml:lang="vi" xml:space="preserve" z="1"',
        b'a="2" z="1" xml:id="up" xml:lang="vi" xml:space="preserve"',
    )
    assert b"xml:id" not in canonical(c, C14N11)
    assert canonical(c, EXC_C14N) == b'<c xmlns="urn:1" a="2" z="1"><d xmlns=""></d></c>'
    assert b'xmlns:u="urn:unused"' in canonical(c, EXC_C14N, prefixes=["u"])
    assert b"hidden" not in canonical(c, C14N_COMMENTS)
    assert b"hidden" in canonical(c, C14N_COMMENTS, keep_comments=True)
    assert canonical(root, C14N).startswith(b"<?x y?>\n<a")


def test_leaving_out_signatures_keeps_the_text_around_them():
    root = parse_xml(
        f'<a xmlns:d="{DS}">one<d:Signature><d:Signature/></d:Signature>two<b/>three<d:Signature/>four</a>'.encode()
    )
    signatures = outermost_signatures(root)

    assert len(signatures) == 2
    assert etree.tostring(without(root, signatures), method="c14n", exclusive=True) == b"<a>onetwo<b></b>threefour</a>"
    assert len(outermost_signatures(root)) == 2


def test_a_signature_that_leaves_itself_out_leaves_nothing():
    root = parse_xml(f'<Signature xmlns="{DS}"><Object/></Signature>'.encode())
    with pytest.raises(XmlTransformUnsupported):
        without(root[0], [root])


def test_an_unknown_canonicalisation_is_refused():
    with pytest.raises(XmlTransformUnsupported):
        canonical(parse_xml(b"<a/>"), "urn:other")


def test_attribute_values_keep_their_white_space():
    assert parse_xml(f'<a b="{escape_attribute(NASTY)}"/>'.encode()).get("b") == NASTY
