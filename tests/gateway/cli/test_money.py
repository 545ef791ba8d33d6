"""The operator's commands about money: what support staff and auditors read at a terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from gateway.callback_advice import ADVICE, WAITING
from gateway.cli import app as commands
from payments.model import SettlementOutcome
from tests.gateway.api.conftest import Machine, app, machine  # noqa: F401 - fixtures
from tests.gateway.api.test_callbacks import SECRET, _signed, fields, order  # noqa: F401 - fixtures

Command = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(tmp_path / "gateway.toml"))
    return lambda *arguments: CliRunner().invoke(commands, list(arguments))


@pytest.fixture
def booked(app: Flask, order: dict[str, str], fields: dict[str, str]) -> str:  # noqa: F811
    """The id of an order that one honest, one repeated and one forged call are about."""
    for query in (_signed(fields), _signed(fields), _signed(fields, b"forged")):
        app.test_client().get(f"/callbacks/vnpay?{query}")
    return order["id"]


def test_an_orders_calls_are_explained_in_both_languages(run: Command, booked: str) -> None:
    said = run("callbacks", "explain", "--order", booked)

    assert said.exit_code == 0, said.output
    for words in ("booked", "duplicate", "Tiền đã được ghi sổ", "The money was booked", "SHA-256", "HS-1"):
        assert words in said.output
    assert SECRET.decode() not in said.output
    assert "vnp_SecureHash" not in said.output
    assert "Nguyễn" not in said.output


def test_a_refused_call_is_explained_with_what_to_do(run: Command, booked: str) -> None:
    said = run("callbacks", "explain", "--provider", "vnpay", "--lang", "en")

    assert "not-authentic" in said.output
    assert "compare the configured secret" in said.output
    assert "97" in said.output


def test_one_call_is_explained_by_its_id(run: Command, machine: Machine, booked: str) -> None:  # noqa: F811
    everything = run("callbacks", "explain", "--order", booked, "--lang", "en").output
    callback_id = next(line.split()[1] for line in everything.splitlines() if line.startswith("Call "))

    assert callback_id in run("callbacks", "explain", callback_id).output
    unknown = run("callbacks", "explain", "no-such-call")
    assert (unknown.exit_code, "callback-not-found" in unknown.output) == (1, True)
    assert run("callbacks", "explain").exit_code == 2


def test_every_outcome_has_its_advice() -> None:
    assert set(ADVICE) == {WAITING, *(outcome.value for outcome in SettlementOutcome)}


def test_sound_books_hold_and_falsified_ones_are_named(run: Command, engine: Engine, booked: str) -> None:
    sound = run("ledger", "check")
    assert (sound.exit_code, "hold" in sound.output) == (0, True), (sound.output, sound.exception)
    with engine.begin() as connection:
        connection.execute(text("UPDATE fee_orders SET paid_attempt_id = NULL"))

    found = run("ledger", "check")

    assert found.exit_code == 1
    assert f"H13.1: fee order {booked} and the attempt that paid it contradict each other" in found.output


def test_balances_are_shown_through_a_day(run: Command, booked: str) -> None:
    assert "50,000" in run("ledger", "balances").output
    assert "50,000" not in run("ledger", "balances", "--until", "2020-01-01").output


def test_a_proposal_is_taken_up_and_approved_by_two_people(
    run: Command,
    app: Flask,  # noqa: F811
    machine: Machine,  # noqa: F811
    order: dict[str, str],  # noqa: F811
    fields: dict[str, str],  # noqa: F811
) -> None:
    machine.post(f"/v1/fee-orders/{order['id']}/cancel", {"reason": "Rút"})
    app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")
    (proposal,) = machine.get("/v1/refunds").get_json()["items"]
    paper = ("--route", "paper", "--name", "NGUYEN VAN A", "--bank", "VCB", "--account", "0123")

    assert "proposed" in run("refunds", "list", machine.unit_id).output
    asked = run("refunds", "request", proposal["id"], "--officer", "lan", *paper)
    own = run("refunds", "approve", proposal["id"], "--officer", "lan")
    approved = run("refunds", "approve", proposal["id"], "--officer", "minh")
    sent = run("refunds", "hand-over", proposal["id"], "UNC-1", "--officer", "minh")
    given_up = run("refunds", "give-up", proposal["id"], "Ngân hàng trả lệnh", "--officer", "minh")

    assert (asked.exit_code, own.exit_code, approved.exit_code, sent.exit_code) == (0, 1, 0, 0)
    assert "same-person-twice" in own.output
    assert "sent" in sent.output
    assert "failed" in given_up.output
    assert run("refunds", "reject", proposal["id"], "Không", "--officer", "minh").exit_code == 1
