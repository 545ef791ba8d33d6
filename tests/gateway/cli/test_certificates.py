"""`gateway certs` as an operator types it: both languages, JSON for machines, and one sentence for each mistake."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from certs.model import CertificateRole
from gateway import cli
from gateway.callers import add_unit
from gateway.services import Services
from tests.certs.authority import Authority, Holder

Command = Callable[..., Result]
NOW = datetime.now(UTC).replace(microsecond=0)
DESK = "desk:serial=5404A0B1"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(NOW, "http://127.0.0.1:9")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(tmp_path / "gateway.toml"))
    return lambda *arguments: CliRunner().invoke(cli.app, ["certs", *map(str, arguments)])


@pytest.fixture
def unit_id(services: Services) -> str:
    with services.unit_of_work() as work:
        unit = add_unit(work, "H13.1", "UBND phường Một", "", NOW)
        work.commit()
        return unit.id


def said(result: Result) -> str:
    """Return what a command said, without the frame around it."""
    return " ".join(result.output.replace("│", " ").split())


def pem(folder: Path, holder: Holder) -> Path:
    path = folder / "one.pem"
    path.write_bytes(holder.certificate.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("inspect {absent}", "cannot read"),
        ("inspect {noise}", "no certificate in PEM or DER"),
        ("inspect {one} --passphrase-source env:NOT_SET", "cannot open"),
        (
            "inspect pkcs11:token=desk",
            "key-source-unavailable: Thiết bị ký đang có lỗi / The key source is unavailable",
        ),
        ("inspect pkcs11:object=x", "key-source-uri-invalid: Địa chỉ nguồn khoá viết chưa đúng"),
        ("check no-such-id", "certificate-unknown: "),
        ("check {one} --at yesterday", "valid datetime"),
        ("import no-such-unit person {one} --key-source {p12}", "unit-unknown: "),
        ("import {unit} person {one} --key-source {p12} --profile copies", "profile-unknown: "),
        ("import {unit} person {one} --key-source {p12} --profile organisation", "certificate-wrong-role: "),
        ("import {unit} person {one} --key-source pkcs12:relative?pin-source=env:X", "key-source-uri-invalid: "),
        (
            "import {unit} person {one} --key-source {p12}",
            "token-absent: Chưa cắm thiết bị ký / The token is not there",
        ),
        ("add no-such-unit person {one} --key-source desk:serial=1", "unit-unknown: "),
        ("add {unit} person {one} --key-source desk:serial=1 --picture {absent}", "does not exist"),
        ("add {unit} person {one} --key-source desk:", "key-source-uri-invalid: "),
        ("list no-such-unit", "unit-unknown: "),
        ("expiring --days -1", "greater than or equal"),
        ("self-check no-such-id", "certificate-unknown: "),
        ("release no-such-id --actor an", "certificate-unknown: "),
        ("withdraw no-such-id --actor an", "certificate-unknown: "),
        ("profiles no-such-id --actor an", "certificate-unknown: "),
        ("install-anchor no-such-unit tsa {one} --actor an", "unit-unknown: "),
        ("confirm-anchor no-such-id --fingerprint 00 --actor an", "anchor-unknown: "),
        ("request desk:serial=1 --common-name x --out {new}", "under a name: pkcs11:token="),
        ("request pkcs11:token=a;object=b?pin-source=env:X --common-name x --out {noise}", "File exists"),
        ("request pkcs11:token=a;object=b?pin-source=env:X --common-name x --out {new}", "key-source-unavailable: "),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    run: Command, unit_id: str, tmp_path: Path, authority: Authority, arguments: str, words: str
) -> None:
    (tmp_path / "noise").write_bytes(b"\x30\x82\xff\xff noise")
    places = {
        "absent": tmp_path / "absent",
        "noise": tmp_path / "noise",
        "new": tmp_path / "new.pem",
        "one": pem(tmp_path, authority.leaf("Một")),
        "unit": unit_id,
        "p12": f"pkcs12:{tmp_path}/absent.p12?pin-source=env:NOT_SET",
    }
    done = run(*(part.format(**places) for part in arguments.split()))

    assert done.exit_code == 2, done.output
    assert words in said(done)
    assert "Traceback" not in done.output
    assert not (tmp_path / "new.pem").exists()


def test_what_is_listed_is_told_in_vietnamese_first_and_as_json(
    run: Command, services: Services, unit_id: str, authority: Authority, tmp_path: Path
) -> None:
    assert said(run("list", unit_id)) == "Không có chứng thư nào / no certificate"
    path = pem(tmp_path, authority.leaf("Nguyễn Văn Ví Dụ", ends=timedelta(days=20)))
    made = run("import", unit_id, "person", path, "--key-source", DESK, "--profile", "person")
    assert made.exit_code == 0, made.output
    certificate_id = made.stdout.strip()
    with services.unit_of_work() as work:
        work.certificates.add(
            unit_id=unit_id,
            label="x",
            role=CertificateRole.PERSON,
            certificate_der=authority.leaf("Còn Lâu").der,
            chain_ders=(),
            key_source_uri=DESK,
            now=NOW,
        )
        work.commit()

    (listed,) = json.loads(run("expiring", "--days", "30", "--json").stdout)
    assert (listed["id"], listed["holder"], listed["key"]) == (certificate_id, "Nguyễn Văn Ví Dụ", "desk")
    assert listed["profiles"] == "person"
    assert len(json.loads(run("list", unit_id, "--json").stdout)) == 2
    assert json.loads(run("expiring", "--days", "7", "--json").stdout) == []
    again = said(run("import", unit_id, "person", path, "--key-source", DESK))
    assert "certificate-already-kept: " in again
    refused = run("self-check", certificate_id)
    assert (refused.exit_code, "certificate-state-conflict: " in refused.output) == (1, True)


def test_what_a_certificate_says_is_labelled_in_both_languages(
    run: Command, authority: Authority, tmp_path: Path
) -> None:
    lines = run("inspect", pem(tmp_path, authority.leaf("Nguyễn Văn Ví Dụ"))).stdout.splitlines()

    shown = {line[:44].strip(): line[45:].strip() for line in lines if line}
    assert "Nguyễn Văn Ví Dụ" in shown["chủ thể / subject"]
    assert shown["là CA / is ca"] == "không / no"
    assert shown["khoá / key"] == "EC secp256r1"
    assert shown["mục đích khoá / key usage"] == "digital_signature, non_repudiation"


def test_a_database_that_is_not_there_is_a_sentence_and_exit_code_3(
    run: Command,
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    monkeypatch.setattr(sys, "argv", ["gateway", "certs", "expiring"])
    with pytest.raises(SystemExit) as ended:
        cli.main()

    told = capsys.readouterr().err
    assert ended.value.code == 3
    assert "gateway db upgrade" in told
    assert "SELECT" not in told
