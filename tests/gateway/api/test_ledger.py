"""Income by budget line, over HTTP and beside the books that it comes from."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from gateway.services import Services
from payments.ledger.balances import PostedAmount, trial_balance
from payments.ledger.income import income_lines
from payments.local_time import HANOI
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_callbacks import _signed, fields, order  # noqa: F401 - fixtures


def _income(machine: Machine, first: str, through: str) -> dict:
    answer = machine.get(f"/v1/ledger/income?first={first}&through={through}")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_a_paid_fee_is_income_of_its_line_on_its_day(app: Flask, machine: Machine, stranger: Machine, fields) -> None:  # noqa: F811
    assert app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}").get_json()["RspCode"] == "00"
    today = datetime.now(UTC).astimezone(HANOI).date()
    told = _income(machine, str(today), str(today))

    assert told["net_minor"] == int(fields["vnp_Amount"]) // 100 == sum(line["net_minor"] for line in told["lines"])
    assert {len(line["chapter"] + line["sub_item"]) for line in told["lines"]} == {7}
    yesterday = str(today - timedelta(days=1))
    assert _income(machine, yesterday, yesterday) == {"lines": [], "net_minor": 0}
    assert _income(stranger, str(today), str(today))["lines"] == []


@pytest.mark.parametrize("query", ["", "first=2026-01-01", "first=x&through=2026-01-01"])
def test_a_period_needs_both_days(machine: Machine, query: str, services: Services) -> None:
    assert machine.get(f"/v1/ledger/income?{query}").status_code == 422


def test_refunds_and_other_accounts_are_told_apart() -> None:
    line = "income:phi:423-2716:H13.01"
    before = trial_balance([PostedAmount("clearing:vnpay", line, 100, "VND")])
    through = trial_balance(
        [
            PostedAmount("clearing:vnpay", line, 350, "VND"),
            PostedAmount(line, "refunds", 50, "VND"),
            PostedAmount("clearing:vnpay", "income:le-phi:423-2852:H13.02", 7, "VND"),
        ]
    )
    found = income_lines(through, before)

    assert [(row.kind, row.sub_item, row.credited_unit, row.net_minor) for row in found] == [
        ("phi", "2716", "H13.01", 200),
        ("le-phi", "2852", "H13.02", 7),
    ]
    assert (found[0].collected_minor, found[0].returned_minor) == (250, 50)
    assert income_lines(through, through) == ()
