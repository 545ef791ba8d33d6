"""A certificate that lies in a token beside its key is looked at and taken in from there: SoftHSM2, real commands."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner, Result

from gateway.callers import add_unit
from gateway.cli import app
from gateway.devpki import DevPki
from gateway.devpki.model import OFFICIAL, TOKEN_LABELS
from tests.journeys.city import City, Tokens

Command = Callable[..., Result]


@pytest.fixture
def certs(token_city: City, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, in a process of the city."""
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(token_city.plan.profile))
    # A command sets logging up for its process, and this one's log is read by other tests.
    monkeypatch.setattr("gateway.cli.session.configure_logging", lambda *_: None)
    return lambda *arguments: CliRunner().invoke(app, ["certs", *map(str, arguments)])


@pytest.fixture
def unit_id(token_city: City) -> str:
    """Another unit: the first has the certificate already."""
    with token_city.services.unit_of_work() as work:
        unit = add_unit(work, "H13.HAI", "UBND phường Hai", "", datetime.now(UTC))
        work.commit()
        return unit.id


def test_the_token_shows_its_certificate_without_a_pin_and_the_import_proves_its_key(
    certs: Command, token_city: City, tokens: Tokens, unit_id: str, pki: DevPki, tmp_path: Path
) -> None:
    place = f"pkcs11:token={quote(TOKEN_LABELS[OFFICIAL])}"
    (shown,) = json.loads(certs("inspect", place, "--json").stdout)
    said = subprocess.run(
        [
            "openssl",
            "x509",
            "-inform",
            "DER",
            "-in",
            str(pki.certificate_file(OFFICIAL)),
            "-noout",
            "-fingerprint",
            "-sha256",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown["sha256"] in said.lower().replace(":", "")
    assert shown["object"] == "signing"

    (tmp_path / "chain.pem").write_bytes(_pem(pki.certificate_file("issuing")))
    made = certs(
        *("import", unit_id, "person", f"{place};object=signing"),
        *("--key-source", tokens.uri(OFFICIAL), "--chain", tmp_path / "chain.pem"),
    )
    assert made.exit_code == 0, made.output
    certificate_id = made.stdout.strip()
    assert certs("check", certificate_id).exit_code == 0
    with token_city.services.unit_of_work(read_only=True) as work:
        row = work.certificates.get(certificate_id)
    assert (row.certificate_der, row.state) == (pki.certificate_der(OFFICIAL), "active")
    assert row.self_checked_at is not None
    assert tokens.pins[OFFICIAL] not in made.output


def test_a_wrong_pin_or_another_tokens_key_takes_nothing_in(
    certs: Command, token_city: City, tokens: Tokens, unit_id: str
) -> None:
    place = f"pkcs11:token={quote(TOKEN_LABELS[OFFICIAL])};object=signing"
    for pin, key_source, code in (
        ("99999999", tokens.uri(OFFICIAL), "pin-incorrect"),
        (None, tokens.uri("seal"), "signature-value-wrong"),
    ):
        tokens.set_pin(OFFICIAL, pin)
        refused = certs("import", unit_id, "person", place, "--key-source", key_source)
        assert (refused.exit_code, f"{code}: " in refused.output) == (2, True), refused.output
        assert "99999999" not in refused.output
    with token_city.services.unit_of_work(read_only=True) as work:
        assert work.certificates.list(unit_id) == []


def _pem(der: Path) -> bytes:
    command = ["openssl", "x509", "-inform", "DER", "-in", str(der)]
    return subprocess.run(command, capture_output=True, check=True).stdout
