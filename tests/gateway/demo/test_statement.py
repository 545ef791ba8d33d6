"""The demonstration's bank statement, held against the order of elements in ISO's message definition."""

from datetime import UTC, date, datetime

import pytest
from lxml import etree

from gateway.demo.statement import NAMESPACE, BankEntry, BankTransfer, camt053_document, entry
from payments.statements.checks import check_statement
from payments.statements.parse import parse_statement

# camt.053.001.08, MDR part 2: the sequence of each element's children, as far as the writer uses them.
# An asterisk marks what must stand there.
SEQUENCES = {
    "Document": "BkToCstmrStmt*",
    "BkToCstmrStmt": "GrpHdr* Stmt*",
    "GrpHdr": "MsgId* CreDtTm*",
    "Stmt": "Id* StmtPgntn ElctrncSeqNb RptgSeq LglSeqNb CreDtTm FrToDt CpyDplctInd RptgSrc Acct* RltdAcct Intrst Bal*"
    " TxsSummry Ntry AddtlStmtInf",
    "Acct": "Id* Tp Ccy Nm Prxy Ownr Svcr",
    "Bal": "Tp* CdtLine Amt* CdtDbtInd* Dt* Avlbty",
    "TxsSummry": "TtlNtries TtlCdtNtries TtlDbtNtries TtlNtriesPerBkTxCd",
    "Ntry": "NtryRef Amt* CdtDbtInd* RvslInd Sts* BookgDt ValDt AcctSvcrRef Avlbty BkTxCd* ComssnWvrInd AddtlInfInd"
    " AmtDtls Chrgs TechInptChanl Intrst CardTx NtryDtls AddtlNtryInf",
    "NtryDtls": "Btch TxDtls",
    "TxDtls": "Refs Amt* CdtDbtInd* AmtDtls Avlbty BkTxCd Chrgs Intrst RltdPties RltdAgts LclInstrm"
    " Purp RltdRmtInf RmtInf",
    "Refs": "MsgId AcctSvcrRef PmtInfId InstrId EndToEndId UETR TxId MndtId ChqNb ClrSysRef",
    "RltdPties": "InitgPty Dbtr DbtrAcct UltmtDbtr Cdtr CdtrAcct UltmtCdtr TradgPty Prtry",
    "Domn": "Cd* Fmly*",
    "Fmly": "Cd* SubFmlyCd*",
}
DAY = date(2026, 11, 23)
CREATED = datetime(2026, 11, 23, tzinfo=UTC)


def written(entries: list[BankEntry], **given: object) -> bytes:
    values = {
        "account": "0011001234567",
        "day": DAY,
        "opening_minor": 0,
        "created_at": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return camt053_document(entries=entries, **values | given)  # type: ignore[arg-type]


BATCH = BankEntry(
    (
        BankTransfer(100_000, "Phí " + "x" * 300, "D1", "E2E-1", "Nguyễn Văn A", "970400001"),
        BankTransfer(50_000, "", None, None, None, "970400002"),
    ),
    "B1",
)


def test_elements_stand_in_the_order_of_the_message_definition_and_none_is_missing():
    root = etree.fromstring(written([BATCH, entry(-11_000, "Phí", "FT1", reversal=True)]))

    for element in root.iter():
        sequence = SEQUENCES.get(etree.QName(element).localname)
        if sequence is None:
            continue
        order = [name.rstrip("*") for name in sequence.split()]
        places = [order.index(etree.QName(child).localname) for child in element]
        assert places == sorted(places), element.tag
        assert {name.rstrip("*") for name in sequence.split() if name.endswith("*")} <= {
            order[place] for place in places
        }


def test_texts_keep_the_limits_of_the_message_definition():
    root = etree.fromstring(written([BATCH]))

    texts = [element.text for element in root.iter(f"{{{NAMESPACE}}}Ustrd")]
    assert [len(text or "") for text in texts] == [140, 140, 24, 1]
    assert "".join(texts[:3]) == "Phí " + "x" * 300  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["VND", "EUR", "KWD"])
def test_what_is_written_is_read_back_and_adds_up(tmp_path, currency):
    path = tmp_path / "statement.xml"
    path.write_bytes(written([BATCH, entry(-7, "x")], currency=currency, opening_minor=-100_000))

    (statement,) = parse_statement(path)

    assert [each.amount_minor for each in statement.entries] == [150_000, -7]
    assert (statement.find_opening().amount_minor, statement.find_closing().amount_minor) == (-100_000, 49_993)
    assert [finding.code for finding in check_statement(statement)] == ["balances-agree"]
