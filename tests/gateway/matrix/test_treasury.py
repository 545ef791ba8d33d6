"""Treasury notices that come as files from the sandbox's exchange, taken in by the operator's command."""

from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from gateway.cli import app as commands
from tests.gateway.matrix.test_transfers import OPEN, PAID, account, state, transferred  # noqa: F401 - a fixture
from tests.gateway.matrix.town import Payment, Town

pytestmark = pytest.mark.xdist_group("matrix of providers")


@pytest.fixture
def lost(town: Town) -> Payment:
    """A credit of which no call tells."""
    return transferred(town, "kbnn", "lost")


@pytest.fixture
def file(town: Town, lost: Payment, tmp_path: Path) -> Path:
    """Its notice as a file, its proof beside it."""
    path = tmp_path / "notice.json"
    for name in (path.name, f"{path.name}.sig"):
        suffix = name.removeprefix("notice")
        given = requests.get(f"{town.layout.sandbox_url}/kbnn/files/{lost.reference}{suffix}", timeout=10)
        (tmp_path / name).write_bytes(given.content)
    return path


def imported(town: Town, monkeypatch: pytest.MonkeyPatch, *files: Path) -> Result:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(town.layout.profile))
    return CliRunner().invoke(commands, ["treasury", "import", *map(str, files)])


def test_a_file_books_what_no_call_told_and_its_copy_nothing(
    town: Town, lost: Payment, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(town, lost), town.booked(lost.order_id)
    first, again = (imported(town, monkeypatch, file) for _ in range(2))

    assert before == ("open", OPEN)
    assert (first.exit_code, '"booked"' in first.output) == (0, True), first.output
    assert (again.exit_code, '"duplicate"' in again.output) == (0, True), again.output
    assert (state(town, lost), town.booked(lost.order_id)) == ("paid", PAID)


def test_a_call_after_the_file_books_nothing_more(
    town: Town, lost: Payment, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(town, monkeypatch, file)
    told = town.control("POST", "calls", provider="kbnn", reference=lost.reference, kind="honest")

    assert (told["code"], '"duplicate"' in told["message"]) == ("200", True)
    assert town.booked(lost.order_id) == PAID


@pytest.mark.parametrize("change", ["content", "proof", "no proof"])
def test_a_file_that_is_not_proved_books_nothing(
    town: Town, lost: Payment, file: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    proof = file.with_name(f"{file.name}.sig")
    if change == "content":
        file.write_bytes(file.read_bytes().replace(b'"CO"', b'"CO" '))
    elif change == "proof":
        proof.write_text(proof.read_text()[::-1])
    else:
        proof.unlink()
    refused = imported(town, monkeypatch, file)

    assert refused.exit_code == 1, refused.output
    assert str(file) in refused.output
    assert (state(town, lost), town.booked(lost.order_id)) == ("open", OPEN)
