"""Anchors from the command line: by two persons, for one purpose, from a moment to a sunset that only comes nearer."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from certs.model import Purpose
from certs.path import check_path
from config.confinement import InProcess
from gateway.callers import add_unit
from gateway.cli import app
from gateway.services import Services
from gateway.trust import trust_anchors
from tests.certs.authority import Authority

DAY = timedelta(days=1)
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(datetime.now(UTC).replace(microsecond=0), "http://127.0.0.1:9")


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone; the store's own test runs on both."""
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    return f"sqlite:///{tmp_path}/gateway.db"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(tmp_path / "gateway.toml"))
    monkeypatch.setattr("gateway.services.ChildProcesses", lambda limits: InProcess())
    return lambda *arguments: CliRunner().invoke(app, ["certs", *map(str, arguments)])


def test_an_anchor_counts_for_its_purpose_from_its_day_to_its_sunset(
    services: Services, authority: Authority, run: Run, tmp_path: Path
) -> None:
    with services.unit_of_work() as work:
        unit = add_unit(work, "P01", "UBND phường Ví Dụ", "", authority.now)
        work.commit()
    file = tmp_path / "root.pem"
    file.write_bytes(authority.root.certificate.public_bytes(Encoding.PEM))
    leaf = authority.leaf("Nguyễn Văn Ví Dụ")

    def day(number: int) -> str:
        return (authority.now + number * DAY).strftime("%Y-%m-%dT%H:%M:%S")

    def passed(number: int, purpose: Purpose = Purpose.OFFICIAL) -> bool:
        anchors = trust_anchors(services, purpose)
        moment = authority.now + number * DAY
        return check_path(leaf.der, [authority.issuing.der], anchors, None, moment, purpose).passed

    install = ("install-anchor", unit.id, "official", file, "--actor", "An")
    assert run(*install, "--since", day(9), "--until", day(9)).exit_code == 2
    made = run(*install, "--since", day(-100), "--until", day(100))
    anchor_id, _, shown = made.stdout.splitlines()
    given = shown.removeprefix("SHA-256 ")
    assert not passed(0)
    assert run("confirm-anchor", anchor_id, "--fingerprint", given, "--actor", "an").exit_code == 2
    assert run("confirm-anchor", anchor_id, "--fingerprint", "00" * 32, "--actor", "Bình").exit_code == 2
    assert not passed(0)
    assert run("confirm-anchor", anchor_id, "--fingerprint", given, "--actor", "Bình").exit_code == 0
    assert [passed(number) for number in (-101, -99, 0, 99, 101)] == [False, True, True, True, False]
    assert not passed(0, Purpose.TSA)

    end = ("end-anchor", anchor_id, "--actor", "An", "--reason", "the authority closes")
    assert run(*end, "--at", day(200)).exit_code == 2
    assert run(*end, "--at", day(-50)).exit_code == 0
    assert [passed(number) for number in (-99, -51, -49, 0)] == [True, True, False, False]
    assert run(*end, "--at", day(100)).exit_code == 2
    assert run("end-anchor", "nobody", "--actor", "An", "--reason", "none").exit_code == 2
