"""What a well-formed camt message is read as, and what is refused with the place named."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.demo.statement import BankEntry, BankTransfer, entry
from payments.statements.camt053 import StatementLimits, parse_camt
from payments.statements.errors import (
    StatementAmountUnsound,
    StatementEmpty,
    StatementFormatUnknown,
    StatementTooLarge,
    StatementUnreadable,
)
from payments.statements.model import Balance, EntryStatus, StatementKind
from payments.statements.parse import parse_statement
from payments.statements.sniff import sniff_statement
from tests.payments.statements.makers import ACCOUNT, DAY, changed, document, parsed

NEWER_STATUS = re.compile(rb"<Sts>\s*<Cd>(\w+)</Cd>\s*</Sts>")


def in_version(content: bytes, version: str) -> bytes:
    """The document as that version of the message writes it."""
    content = content.replace(b"camt.053.001.08", f"camt.053.001.{version}".encode())
    return NEWER_STATUS.sub(rb"<Sts>\1</Sts>", content) if version < "07" else content


def test_a_statement_is_read_field_by_field(tmp_path):
    (statement,) = parsed(tmp_path, document(sequence_number=57))

    assert statement.kind is StatementKind.STATEMENT
    assert (statement.format, statement.account, statement.currency) == ("camt.053.001.08", ACCOUNT, "VND")
    assert (statement.sequence_number, statement.page, statement.last_page, statement.copy) == (57, None, True, False)
    assert statement.created_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert statement.balances == (
        Balance("OPBD", False, 1_000_000, "VND", DAY),
        Balance("CLBD", False, 1_139_000, "VND", DAY),
    )
    fee, charge = statement.entries
    assert (fee.position, fee.amount_minor, fee.currency, fee.status) == (1, 150_000, "VND", EntryStatus.BOOKED)
    assert (fee.booking_date, fee.value_date, fee.bank_reference) == (DAY, DAY, "FT26327000001")
    assert fee.details[0].texts == ("PHI HO SO PQ ABC",)
    assert fee.details[0].references == ()
    assert charge.amount_minor == -11_000


@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 14)])
def test_every_version_from_02_to_13_is_read_alike(tmp_path, version):
    (statement,) = parsed(tmp_path, in_version(document(), version))
    (usual,) = parsed(tmp_path, document())

    assert statement.format == f"camt.053.001.{version}"
    assert [replace(each, line=0) for each in statement.entries] == [replace(each, line=0) for each in usual.entries]


@pytest.mark.parametrize("version", ["01", "14", "99"])
def test_other_versions_are_refused_by_name(tmp_path, version):
    with pytest.raises(StatementFormatUnknown, match=f"camt.053.001.{version}"):
        parsed(tmp_path, in_version(document(), version))


def test_a_reversal_keeps_the_sign_of_what_it_does_to_the_account(tmp_path):
    entries = [entry(-150_000, "Hoàn", "R1", reversal=True), entry(11_000, "Hoàn phí", "R2", reversal=True)]

    (statement,) = parsed(tmp_path, document(entries))

    assert [(each.amount_minor, each.reversal) for each in statement.entries] == [(-150_000, True), (11_000, True)]


def test_a_batch_is_one_entry_with_its_transfers(tmp_path):
    batch = BankEntry(
        (
            BankTransfer(100_000, "MOT", "D1", "E2E-1", "Nguyễn Văn A", "970400001"),
            BankTransfer(50_000, "HAI", "D2", None, "Trần Thị B", None),
        ),
        "B1",
    )

    (statement,) = parsed(tmp_path, document([batch]))

    (read,) = statement.entries
    assert (read.amount_minor, read.bank_reference) == (150_000, "B1")
    first, second = read.details
    assert (first.amount_minor, first.references, first.texts) == (100_000, ("D1", "E2E-1"), ("MOT",))
    assert (first.counterparty_name, first.counterparty_account) == ("Nguyễn Văn A", "970400001")
    assert (second.amount_minor, second.references) == (50_000, ("D2",))


def test_several_statements_in_one_file_stay_apart(tmp_path):
    one, two = document(), document([entry(5, "x")], identification="SECOND", opening_minor=0)
    inner = two[two.index(b"<Stmt>") : two.index(b"</Stmt>") + len(b"</Stmt>")]

    statements = parsed(tmp_path, one.replace(b"</Stmt>", b"</Stmt>" + inner, 1))

    assert [len(statement.entries) for statement in statements] == [2, 1]
    assert statements[1].identification == "SECOND"
    assert statements[1].entries[0].position == 1


def test_pending_entries_are_read_as_pending(tmp_path):
    (statement,) = parsed(tmp_path, changed(document(), "<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>"))

    assert [each.status for each in statement.entries] == [EntryStatus.PENDING, EntryStatus.BOOKED]
    assert len(statement.booked) == 1


def test_dates_with_a_time_or_a_zone_keep_the_banks_own_day(tmp_path):
    content = changed(
        document(), "<BookgDt>\n          <Dt>2026-11-23</Dt>", "<BookgDt><DtTm>2026-11-22T23:59:59+07:00</DtTm>"
    )
    content = changed(content, "<ValDt>\n          <Dt>2026-11-23</Dt>", "<ValDt><Dt>2026-11-24+07:00</Dt>")

    (statement,) = parsed(tmp_path, content)

    assert (statement.entries[0].booking_date, statement.entries[0].value_date) == (
        date(2026, 11, 22),
        date(2026, 11, 24),
    )


def test_structured_remittance_and_extra_texts_are_kept_for_matching(tmp_path):
    structured = "<Strd><CdtrRefInf><Ref>RF18 5390</Ref></CdtrRefInf><AddtlRmtInf>thêm</AddtlRmtInf></Strd>"
    content = changed(
        document(), "<Ustrd>PHI HO SO PQ ABC</Ustrd>", f"<Ustrd>PHI</Ustrd><Ustrd>HO SO</Ustrd>{structured}"
    )

    (statement,) = parsed(tmp_path, content)

    assert statement.entries[0].details[0].texts == ("PHI", "HO SO", "RF18 5390", "thêm")


def test_a_statement_inside_an_envelope_is_found(tmp_path):
    header = b'<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><BizMsgIdr>1</BizMsgIdr></AppHdr>'
    content = document().partition(b"?>")[2]

    (statement,) = parsed(tmp_path, b"<Envelope>" + header + content + b"</Envelope>")

    assert len(statement.entries) == 2


def test_comments_and_processing_instructions_change_nothing(tmp_path):
    content = document().replace(b"150000", b"150<!-- -->000").replace(b"<Ntry>", b"<Ntry><?bank x?>")

    (statement,) = parsed(tmp_path, content)

    assert statement.entries[0].amount_minor == 150_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_the_encodings_of_xml_are_read(tmp_path, encoding):
    text = (
        document([entry(1, "Lệ phí cấp giấy")])
        .decode()
        .replace("encoding='UTF-8'", "encoding='UTF-16'" if encoding == "utf-16" else "")
    )

    (statement,) = parsed(tmp_path, text.encode(encoding))

    assert statement.entries[0].details[0].texts == ("Lệ phí cấp giấy",)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("<CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts>", "<Sts>", "entry 1, CdtDbtInd: is missing"),
        (
            "<CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts>",
            "<CdtDbtInd>C</CdtDbtInd><Sts>",
            "entry 1, CdtDbtInd: is neither",
        ),
        ("<Cd>BOOK</Cd>", "<Cd>MAYB</Cd>", "entry 1, Sts: is not BOOK"),
        ("<Cd>BOOK</Cd>", "<Prtry>MAYB</Prtry>", "entry 1, Cd: is missing"),
        ("<Dt>2026-11-23</Dt>\n        </BookgDt>", "<Dt>2026-02-30</Dt></BookgDt>", "entry 1, Dt: is not a date"),
        ("<Dt>2026-11-23</Dt>\n        </BookgDt>", "<Dt>0001-01-01</Dt></BookgDt>", "entry 1, Dt: is not a date"),
        ("<Dt>2026-11-23</Dt>\n        </BookgDt>", "</BookgDt>", "entry 1, BookgDt: holds no date"),
        ("<BookgDt>", "<BookgDt/><BookgDt>", "entry 1, BookgDt: stands twice"),
        ('<Amt Ccy="VND">150000</Amt>', "", "entry 1, Amt: is missing"),
        (
            '<Amt Ccy="VND">150000</Amt>',
            '<Amt Ccy="VND">150000</Amt><Amt Ccy="VND">1</Amt>',
            "entry 1, Amt: stands twice",
        ),
        ('<Amt Ccy="VND">150000</Amt>', '<Amt Ccy="VND">15<x/>0000</Amt>', "entry 1, Amt: holds elements"),
        ("<ElctrncSeqNb>1<", "<ElctrncSeqNb>-1<", "statement 1, ElctrncSeqNb: is not a whole number"),
        ("<Id>0011001234567</Id>", "", "statement 1, Acct/Id/Othr/Id: is missing"),
        ("<Cd>CLBD</Cd>", "", "statement 1, Tp/CdOrPrtry/Prtry: is missing"),
        ("<Ustrd>PHI HO SO PQ ABC", "<Ustrd>" + "x" * 2001, "entry 1, Ustrd: is longer"),
        ("FT26327000001", "F" * 141, "entry 1, AcctSvcrRef: is longer"),
        (
            "2026-11-23T11:00:00+00:00</CreDtTm>\n      <Acct>",
            "soon</CreDtTm><Acct>",
            "statement 1, CreDtTm: is not a date",
        ),
    ],
)
def test_a_field_that_cannot_be_read_refuses_the_file_and_is_named(tmp_path, old, new, where):
    with pytest.raises(StatementUnreadable, match=rf"line \d+, (statement 1, )?{re.escape(where)}"):
        parsed(tmp_path, changed(document(), old, new))


@pytest.mark.parametrize(
    "amount",
    ["150000.5", "-150000", "+150000", "1e5", "150,000", "150 000", "", "NaN", "INF", "0x10", "٣", "1" * 19, "9" * 400],
)
def test_an_amount_that_is_no_whole_number_of_dong_is_refused(tmp_path, amount):
    with pytest.raises(StatementAmountUnsound, match="line 55, statement 1, entry 1, Amt"):
        parsed(tmp_path, changed(document(), '"VND">150000<', f'"VND">{amount}<'))


@pytest.mark.parametrize("currency", ["", "XAU", "QQQ", "vnd"])
def test_an_amount_in_no_known_currency_is_refused(tmp_path, currency):
    with pytest.raises(StatementAmountUnsound, match="no known minor unit"):
        parsed(tmp_path, changed(document(), '"VND">150000<', f'"{currency}">150000<'))


def test_the_second_statement_that_is_wrong_refuses_the_first_too(tmp_path):
    one = document()
    inner = one[one.index(b"<Stmt>") : one.index(b"</Stmt>") + len(b"</Stmt>")]
    content = one.replace(b"</Stmt>", b"</Stmt>" + inner.replace(b'"VND">150000<', b'"VND">1.5<'), 1)

    with pytest.raises(StatementAmountUnsound, match="statement 2, entry 1, Amt"):
        parsed(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<Ntry/>", "outside a statement"),
        (b'<Ntry xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"/>', "of another message"),
        (b"<Rpt/>", "of another message"),
    ],
)
def test_entries_where_none_belong_are_not_passed_over(tmp_path, content, reason):
    with pytest.raises(StatementUnreadable, match=reason):
        parsed(tmp_path, document().replace(b"</GrpHdr>", b"</GrpHdr>" + content, 1))


def test_a_statement_inside_a_statement_is_refused(tmp_path):
    with pytest.raises(StatementUnreadable):
        parsed(tmp_path, document().replace(b"</Stmt>", b"<Stmt><Id>in</Id></Stmt></Stmt>", 1))


def test_a_message_without_a_statement_is_refused(tmp_path):
    content = document()
    start, end = content.index(b"<Stmt>"), content.index(b"</Stmt>") + len(b"</Stmt>")

    with pytest.raises(StatementEmpty):
        parsed(tmp_path, content[:start] + content[end:])


@pytest.mark.parametrize(
    "limit",
    [{"size_bytes": 100}, {"statements": 0}, {"entries": 1}, {"details": 1}],
)
def test_a_file_beyond_a_limit_is_refused(tmp_path, limit):
    path = tmp_path / "statement.xml"
    path.write_bytes(document())

    assert len(parse_statement(path)) == 1
    with pytest.raises(StatementTooLarge):
        parse_camt(path, sniff_statement(path), StatementLimits(**limit))


def test_reports_and_notifications_are_read_as_what_they_are(tmp_path):
    report = document().replace(b"camt.053", b"camt.052").replace(b"Stmt>", b"Rpt>")
    notification = document().replace(b"camt.053", b"camt.054").replace(b"Stmt>", b"Ntfctn>")

    assert parsed(tmp_path, report)[0].kind is StatementKind.REPORT
    assert parsed(tmp_path, notification)[0].kind is StatementKind.NOTIFICATION


def test_an_entry_says_on_which_line_of_the_file_it_stands(tmp_path: Path):
    content = document()
    (statement,) = parsed(tmp_path, content)

    lines = [number for number, line in enumerate(content.splitlines(), start=1) if b"<Ntry>" in line]
    assert [each.line for each in statement.entries] == lines
