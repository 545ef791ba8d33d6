"""Agreement with what other parsers read in files that banks and others made."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from payments.statements.checks import check_statement
from payments.statements.currencies import DECIMALS
from payments.statements.errors import StatementUnreadable
from payments.statements.model import Entry
from payments.statements.parse import parse_statement

# Files whose own expectation is that there is nothing to read, or that are other messages.
NOT_READ = {"camt__camt053.v2.wrong.xml", "iso20022__valid_camt_v09.xml"}


@pytest.fixture
def expectations(corpus: Path) -> list[dict[str, object]]:
    with (corpus / "statements" / "manifest.jsonl").open(encoding="utf-8") as manifest:
        return [json.loads(line) for line in manifest]


def amount(entry: Entry) -> Decimal:
    return Decimal(entry.amount_minor).scaleb(-DECIMALS[entry.currency])


def is_camt(expected: dict[str, object]) -> bool:
    return expected["file"].endswith(".xml") and "statements" in expected and expected["file"] not in NOT_READ


def test_counts_sums_and_balances_agree_with_other_parsers(corpus, expectations):
    read = 0
    for expected in filter(is_camt, expectations):
        name = expected["file"]
        statements = parse_statement(corpus / "statements" / name)
        entries = [entry for statement in statements for entry in statement.entries]

        counted = {
            "statements": len(statements),
            "entries": len(entries),
            "tx_details": sum(len(entry.details) for entry in entries),
            "batched_entries": sum(len(entry.details) > 1 for entry in entries),
        }
        assert counted == {key: expected[key] for key in counted}, name
        assert sum(map(amount, entries), Decimal(0)) == Decimal(expected["sum"]), name
        for key, code in (("opening", "OPBD"), ("closing", "CLBD")):
            stated = {
                Decimal(balance.amount_minor).scaleb(-DECIMALS[balance.currency])
                for statement in statements
                for balance in statement.balances
                if balance.code == code
            }
            if expected[key] is not None:
                assert Decimal(expected[key]) in stated, (name, key)
        read += 1
    assert read == 21


def test_the_balance_check_agrees_where_others_could_decide(corpus, expectations):
    decided = 0
    for expected in filter(is_camt, expectations):
        if expected["balance_consistent"] is None:
            continue
        (statement,) = parse_statement(corpus / "statements" / expected["file"])
        codes = {finding.code for finding in check_statement(statement)}
        assert ("balances-agree" in codes) is expected["balance_consistent"], expected["file"]
        decided += 1
    assert decided == 5


def test_other_messages_and_other_formats_are_refused_with_our_own_errors(corpus, expectations):
    refused = [expected["file"] for expected in expectations if not is_camt(expected)]

    for name in refused:
        with pytest.raises(StatementUnreadable):
            parse_statement(corpus / "statements" / name)

    assert len(refused) == 28


def test_the_finnish_sample_is_sound_to_its_last_figure(corpus):
    (statement,) = parse_statement(corpus / "statements" / "iso20022__FI_camt_053_sample.xml.xml")

    assert {finding.code for finding in check_statement(statement)} == {"balances-agree"}
    assert sum(len(entry.details) > 1 for entry in statement.entries) == 2
