"""Files made to harm: each gives one of our errors, quickly, and reads nothing outside itself."""

import random
import time
import tracemalloc
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.confinement import ConfinementError
from config.settings import LimitSettings
from gateway.confinement import ChildProcesses
from payments.statements.errors import (
    StatementEmpty,
    StatementFormatUnknown,
    StatementUnreadable,
    StatementXmlForbidden,
)
from payments.statements.model import Statement
from payments.statements.parse import parse_statement
from tests.payments.statements.makers import document, parsed

NS = b'xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"'
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 12))


def with_doctype(doctype: bytes, amount: bytes = b"150000") -> bytes:
    head, _, rest = document().partition(b"?>")
    return head + b"?>" + doctype + rest.replace(b"150000", amount)


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE Document>",
        b'<!DOCTYPE Document [<!ENTITY a "1">]>',
        b'<!DOCTYPE Document [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
        b'<!DOCTYPE Document [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>',
        b'<!DOCTYPE Document SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE Document [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b"<!-- " + b"x" * 60_000 + b" --><!DOCTYPE Document>",
    ],
)
def test_a_document_type_declaration_is_refused_before_it_is_read(tmp_path, doctype):
    started = time.monotonic()

    with pytest.raises(StatementXmlForbidden):
        parsed(tmp_path, with_doctype(doctype))

    assert time.monotonic() - started < 1


def test_an_entity_that_nothing_declares_is_refused(tmp_path):
    with pytest.raises(StatementUnreadable, match="not well-formed"):
        parsed(tmp_path, document().replace(b"150000", b"&laugh;"))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", StatementEmpty),
        (b" \r\n\t", StatementEmpty),
        (b"\x00" * 100, StatementFormatUnknown),
        (b"%PDF-1.7", StatementFormatUnknown),
        (b"PK\x03\x04", StatementFormatUnknown),
        (zlib.compress(b"<Document/>"), StatementFormatUnknown),
        (b":20:STARTUMS\r\n:25:10020030/1234567\r\n", StatementFormatUnknown),
        (b"<Document/>", StatementFormatUnknown),
        (b"<Document", StatementFormatUnknown),
        (b'<?xml version="1.0" encoding="x-none"?><Document/>', StatementUnreadable),
        (b"<a></b>", StatementUnreadable),
        (b"<!-- " + b"x" * 200_000, StatementFormatUnknown),
        (b"<html><body>Session expired</body></html>", StatementFormatUnknown),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>', StatementFormatUnknown),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.055.001.09"/>', StatementFormatUnknown),
    ],
)
def test_what_is_no_statement_is_said_to_be_none(tmp_path, content, error):
    with pytest.raises(error):
        parsed(tmp_path, content)


def test_a_file_cut_off_anywhere_is_refused_whole(tmp_path):
    content = document().rstrip()

    for length in range(0, len(content), 37):
        with pytest.raises(StatementUnreadable):
            parsed(tmp_path, content[:length])


def test_an_encoding_that_lies_is_refused(tmp_path):
    latin = document().decode().replace("Phí dịch vụ", "Phí").encode("utf-16-le")

    with pytest.raises(StatementUnreadable):
        parsed(tmp_path, b"<?xml version='1.0' encoding='UTF-8'?>" + latin)
    with pytest.raises(StatementUnreadable):
        parsed(tmp_path, document().replace("Phí".encode(), "Phí".encode("latin-1")))


@pytest.mark.parametrize("place", [b"</GrpHdr>", b"</Acct>", b"<Ustrd>"])
def test_a_million_levels_of_nesting_are_refused(tmp_path, place):
    started = time.monotonic()

    with pytest.raises(StatementUnreadable):
        parsed(tmp_path, document().replace(place, b"<x>" * 1_000_000 + place, 1))

    assert time.monotonic() - started < 2


def test_a_text_of_many_megabytes_is_refused(tmp_path):
    with pytest.raises(StatementUnreadable):
        parsed(tmp_path, document().replace(b"PHI HO SO", b"x" * 12_000_000, 1))


def test_entries_are_forgotten_while_the_file_is_read(tmp_path):
    """A million elements that mean nothing must not pile up next to what is kept."""
    content = document()
    one = content[content.index(b"<Ntry>") : content.index(b"</Ntry>") + len(b"</Ntry>")]
    path = tmp_path / "statement.xml"
    path.write_bytes(content.replace(one, one.replace(b"BOOK", b"PDNG") * 2_000, 1))

    tracemalloc.start()
    (statement,) = parse_statement(path)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(statement.entries) == 2_001
    assert kept / len(statement.entries) < 3_000


def test_the_child_process_gives_back_statements_and_our_own_errors(tmp_path):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(document())
    bad.write_bytes(document().replace(b'"VND">150000<', b'"VND">1.5<'))
    children = ChildProcesses(LimitSettings())
    try:
        (statement,) = children.run(parse_statement, good)
        with pytest.raises(StatementUnreadable, match=r"line 55, statement 1, entry 1, Amt: 1\.5 VND"):
            children.run(parse_statement, bad)
    finally:
        children.close()

    assert isinstance(statement, Statement)
    assert statement == parse_statement(good)[0]


def outcome(folder, content: bytes) -> object:
    """The statements, or our error; any other exception fails the test."""
    try:
        return parsed(folder, content)
    except StatementUnreadable as error:
        return error


def test_flipped_bytes_never_raise_anything_else(tmp_path):
    content = document()
    chance = random.Random(20022)  # noqa: S311 - repeatable damage, not a secret

    for _ in range(1_500):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        outcome(tmp_path, bytes(damaged))


def test_pieces_taken_out_or_doubled_never_raise_anything_else(tmp_path):
    content = document()
    chance = random.Random(53)  # noqa: S311 - repeatable damage, not a secret

    for _ in range(800):
        start, end = sorted(chance.sample(range(len(content)), 2))
        outcome(tmp_path, content[:start] + content[end:])
        outcome(tmp_path, content[:end] + content[start:])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_never_raise_anything_else(tmp_path, content):
    assert isinstance(outcome(tmp_path, content), StatementUnreadable)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="<>&", exclude_categories=["Cc", "Cs"]), max_size=60),
    where=st.sampled_from(["150000", "2026-11-23", "CRDT", "BOOK", "VND", "FT26327000001", "0011001234567", "OPBD"]),
)
def test_any_text_in_any_field_never_raises_anything_else(tmp_path, text, where):
    outcome(tmp_path, document().replace(where.encode(), text.replace('"', "").encode()))


def test_a_child_that_would_need_too_much_memory_is_ended(tmp_path):
    path = tmp_path / "statement.xml"
    path.write_bytes(document().replace(b"</GrpHdr>", b"</GrpHdr>" + b"<x/>" * 3_000_000, 1))
    children = ChildProcesses(LimitSettings(parser_memory_bytes=64 * 1024 * 1024))
    try:
        with pytest.raises((ConfinementError, StatementUnreadable)):
            children.run(parse_statement, path)
    finally:
        children.close()
