"""XML from outside: what is refused before anything is hashed, and how it reads what it takes."""

import pytest

from signing.errors.xml import XmlForbidden, XmlTooLarge, XmlUnreadable
from signing.formats.xml import parsing
from signing.formats.xml.parsing import find_by_id, parse_xml, text_of

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">%s]><l>&a9;</l>""" % b"".join(
    b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10)
)


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b"<!DOCTYPE a [<!ATTLIST b x ID #IMPLIED>]><a><b x='1'/></a>",
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        b"<!DOCTYPE a><a/>",
        LAUGHS,
    ],
)
def test_a_document_type_declaration_is_refused_whatever_it_declares(data):
    with pytest.raises((XmlForbidden, XmlUnreadable)):
        parse_xml(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"<a>",
        b"<a/><b/>",
        b"<a>&undefined;</a>",
        b"<a>\xff</a>",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        "<a/>".encode("utf-16-le"),
        b"<a>" * 400 + b"</a>" * 400,
        b"<a>\x00</a>",
    ],
)
def test_what_is_not_whole_xml_in_a_usual_encoding_is_refused(data):
    with pytest.raises(XmlUnreadable):
        parse_xml(data)


def test_a_file_beyond_the_limits_is_refused(monkeypatch):
    monkeypatch.setattr(parsing, "MAX_SIZE_BYTES", 100)
    monkeypatch.setattr(parsing, "MAX_ELEMENTS", 3)

    assert parse_xml(b"<a><b/><b/></a>").tag == "a"
    with pytest.raises(XmlTooLarge):
        parse_xml(b"<a>" + b" " * 100 + b"</a>")
    with pytest.raises(XmlTooLarge):
        parse_xml(b"<a><b/><b/><b/></a>")


def test_every_attribute_that_a_reader_may_take_for_an_identifier_counts():
    root = parse_xml(b'<a Id="x"><b ID="x"/><c id="x"/><d xml:id="x"/><e name="x"/></a>')

    assert [one.tag for one in find_by_id(root, "x")] == ["a", "b", "c", "d"]


def test_a_comment_does_not_hide_the_text_behind_it():
    assert text_of(parse_xml(b"<a>one<!-- c -->two<b>three</b><?p i?>four</a>")) == "onetwothreefour"
