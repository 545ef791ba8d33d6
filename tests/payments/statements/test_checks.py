"""Statements checked against themselves and against the one before."""

import pytest

from gateway.demo.statement import BankEntry, BankTransfer, entry
from payments.statements.checks import PreviousStatement, check_continuity, check_statement
from payments.statements.model import Severity
from tests.payments.statements.makers import DAY, changed, document, parsed


def findings(folder, content):
    (statement,) = parsed(folder, content)
    return {finding.code: finding for finding in check_statement(statement)}


def test_a_sound_statement_is_said_to_agree(tmp_path):
    found = findings(tmp_path, document())

    assert set(found) == {"balances-agree"}
    assert found["balances-agree"].severity is Severity.GOOD


def test_balances_that_do_not_agree_are_said_with_every_figure_in_both_languages(tmp_path):
    found = findings(tmp_path, document(closing_minor=1_140_000))

    differ = found["balances-differ"]
    assert differ.severity is Severity.WARNING
    for figure in ("1.000.000 đồng", "139.000 đồng", "1.139.000 đồng", "1.140.000 đồng", "lệch 1.000 đồng"):
        assert figure in differ.vi
    for figure in ("VND 1,000,000", "VND 139,000", "VND 1,139,000", "VND 1,140,000", "off by VND 1,000"):
        assert figure in differ.en


@pytest.mark.parametrize(("code", "words"), [("OPBD", "no opening balance"), ("CLBD", "no closing balance")])
def test_a_missing_balance_is_said_and_never_supposed_to_be_zero(tmp_path, code, words):
    found = findings(tmp_path, changed(document(), f"<Cd>{code}</Cd>", "<Cd>ITBD</Cd>"))

    assert words in found["balance-missing"].en
    assert "balances-agree" not in found


def test_the_previous_closing_balance_serves_as_opening(tmp_path):
    assert "balances-agree" in findings(tmp_path, changed(document(), "<Cd>OPBD</Cd>", "<Cd>PRCD</Cd>"))


def test_a_balance_in_another_currency_is_none_of_the_accounts(tmp_path):
    content = changed(document(), 'Ccy="VND">1139000', 'Ccy="EUR">1139000')

    assert "no closing balance in the account's currency" in findings(tmp_path, content)["balance-missing"].en


def test_an_entry_in_another_currency_makes_the_balances_uncheckable(tmp_path):
    content = document().replace(b'Ccy="VND">150000', b'Ccy="EUR">150000')

    assert "currencies-mixed" in findings(tmp_path, content)


def test_pending_entries_do_not_count_for_the_balance(tmp_path):
    content = document([entry(150_000, "a"), entry(-11_000, "b")], closing_minor=989_000)

    found = findings(tmp_path, changed(content, "<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>"))

    assert set(found) == {"balances-agree", "entries-not-booked"}


def test_the_banks_own_totals_are_compared(tmp_path):
    summary = "<NbOfNtries>2</NbOfNtries>\n        </TtlNtries>"
    sums = "<TtlCdtNtries><Sum>{}</Sum></TtlCdtNtries><TtlDbtNtries><Sum>{}</Sum></TtlDbtNtries>"

    right = changed(document(), summary, summary + sums.format("150000", "11000"))
    wrong = changed(document(), summary, summary.replace("2", "3", 1) + sums.format("150000", "11001"))

    assert set(findings(tmp_path, right)) == {"balances-agree"}
    assert findings(tmp_path, wrong)["totals-differ"].en.endswith("entries, debit.")


def test_a_batch_whose_transfers_do_not_add_up_is_said(tmp_path):
    batch = BankEntry((BankTransfer(100_000, "a"), BankTransfer(50_000, "b")), "B1")
    content = document([batch, batch])

    found = findings(tmp_path, content.replace(b'"VND">50000<', b'"VND">40000<', 1))

    assert found["details-do-not-add-up"].en.startswith("The details of entry 1 ")


def test_further_pages_are_announced(tmp_path):
    pages = "<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn><ElctrncSeqNb>"

    assert "more-pages-follow" in findings(tmp_path, changed(document(), "<ElctrncSeqNb>", pages))


@pytest.mark.parametrize(
    ("previous", "codes"),
    [
        (None, {"first-statement"}),
        (PreviousStatement("S56", 56, 1_000_000, DAY), {"continues-previous"}),
        (PreviousStatement("S56", 56, 999_999, DAY), {"opening-differs-from-previous"}),
        (PreviousStatement("S54", 54, 1_000_000, DAY), {"continues-previous", "sequence-gap"}),
        (PreviousStatement("S366", 366, 1_000_000, DAY), {"continues-previous"}),
        (PreviousStatement("S", None, None, DAY), set()),
    ],
)
def test_a_statement_is_compared_with_the_one_before(tmp_path, previous, codes):
    (statement,) = parsed(tmp_path, document(sequence_number=57))

    assert {finding.code for finding in check_continuity(statement, previous)} == codes
