"""The inventory's commands, and what is done for it without a document."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from certs.model import CertificateRole, CertificateState, Purpose
from config.settings import SettingsUnusable
from gateway.callers import add_unit
from gateway.certificate_care import announce_expiring, check_keys, make_self_checks_due
from gateway.certificate_inventory import SELF_CHECK_TASK
from gateway.cli import app
from gateway.db.outbox import Task
from gateway.db.tables.work import AuditRow, EventRow, OutboxRow
from gateway.jobs.handlers import HANDLERS
from gateway.jobs.handlers.self_check import check_due_key
from gateway.jobs.outcome import Outcome
from gateway.jobs.runner import Runner
from gateway.services import Services, build_services
from signing.key_sources.registry import KeySources
from tests.certs.authority import Authority, Holder, running_authority
from tests.signing.softhsm import PIN, make_token

PASSPHRASE = "một-mật-khẩu-90817263"
Command = Callable[..., Result]


@dataclass(frozen=True)
class Unit:
    """A unit with a directory of files, an authority, and its services."""

    id: str
    services: Services
    folder: Path
    authority: Authority

    def p12_uri(self, holder: Holder, name: str = "key") -> str:
        path = self.folder / f"{name}.p12"
        encryption = BestAvailableEncryption(PASSPHRASE.encode())
        issuer = [self.authority.issuing.certificate]
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(b"k", holder.key, holder.certificate, issuer, encryption)
        )
        (self.folder / "pass").write_text(PASSPHRASE)
        return f"pkcs12:{path}?pin-source=file:{self.folder}/pass"

    def add(self, holder: Holder, uri: str) -> str:
        with self.services.unit_of_work() as work:
            row = work.certificates.add(
                unit_id=self.id,
                label="x",
                role=CertificateRole.PERSON,
                certificate_der=holder.der,
                chain_ders=[self.authority.issuing.der],
                key_source_uri=uri,
                now=datetime.now(UTC),
            )
            work.commit()
            return row.id

    def events(self, kind: str) -> list[dict[str, Any]]:
        with self.services.unit_of_work(read_only=True) as work:
            query = select(EventRow.data).where(EventRow.type == kind).order_by(EventRow.id)
            return list(work.session.scalars(query))

    def state(self, certificate_id: str) -> tuple[str, str | None]:
        with self.services.unit_of_work(read_only=True) as work:
            row = work.certificates.get(certificate_id)
            return row.state, row.hold_code


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as (made, _):
        yield made


@pytest.fixture
def unit(services: Services, tmp_path: Path, authority: Authority) -> Unit:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        row = add_unit(work, "P01", "UBND phường Ví Dụ", "", now)
        anchor = work.certificates.install_anchor(
            unit_id=row.id,
            purpose=Purpose.OFFICIAL,
            certificate_der=authority.root.der,
            installed_by="an",
            trusted_from=now - timedelta(days=400),
            now=now,
        )
        work.certificates.confirm_anchor(anchor.id, "bình", now)
        work.commit()
    return Unit(row.id, services, tmp_path, authority)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(tmp_path / "gateway.toml"))
    return lambda *arguments: CliRunner().invoke(app, ["certs", *map(str, arguments)])


def pem_file(folder: Path, holder: Holder, *more: Holder) -> Path:
    path = folder / "certificate.pem"
    path.write_bytes(b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (holder, *more)))
    return path


def test_inspect_says_what_openssl_says(run: Command, unit: Unit) -> None:
    path = pem_file(unit.folder, unit.authority.leaf("Nguyễn Văn Ví Dụ"), unit.authority.issuing)

    shown = json.loads(run("inspect", path, "--json").stdout)

    said = subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-serial", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.lower()
    assert len(shown) == 2
    assert shown[0]["serial"] in said
    assert shown[0]["sha256"] in said.replace(":", "")
    assert "Nguyễn Văn Ví Dụ" in shown[0]["subject"]
    assert shown[0]["ocsp_addresses"][0].endswith("/fine/ocsp")
    assert shown[0]["crl_addresses"][0].endswith("/fine/issuing.crl")
    assert shown[0]["key"] == "EC secp256r1"
    assert (shown[0]["is_ca"], shown[1]["is_ca"]) == (False, True)
    assert "Nguyễn Văn Ví Dụ" in run("inspect", path).stdout


def test_the_days_of_algorithms_are_shown_as_the_operator_set_them(run: Command, unit: Unit) -> None:
    (unit.folder / "algorithms.toml").write_text('[digest.sha1]\nall = "never"\n')
    with (unit.folder / "gateway.toml").open("r+", encoding="utf-8") as file:
        before = file.read()
        file.seek(0)
        file.write(f'algorithm_table = "{unit.folder}/algorithms.toml"\n{before}')

    rows = {row["algorithm"]: row for row in json.loads(run("algorithms", "--json").stdout)}

    assert rows["SHA-1"]["certificate"] == "never"
    assert rows["rsa from 2048 bits"]["document"] == "2028-12-31"
    assert "2028-12-31" in run("algorithms").stdout
    (unit.folder / "algorithms.toml").write_text('[digest.sha1]\nall = "some day"\n')
    assert isinstance(run("algorithms").exception, SettingsUnusable)


def test_what_is_no_certificate_is_refused_without_a_traceback(run: Command, unit: Unit) -> None:
    (unit.folder / "noise").write_bytes(b"\x30\x82\xff\xff noise")
    for arguments in (
        ("inspect", unit.folder / "noise"),
        ("inspect", unit.folder / "absent"),
        ("inspect", "pkcs11:token=desk"),
        ("check", unit.folder / "noise"),
        ("import", unit.id, "person", unit.folder / "noise", "--key-source", "pkcs12:/x?pin-source=env:X"),
    ):
        done = run(*arguments)
        assert done.exit_code == 2, arguments
        assert "Traceback" not in done.output


def test_check_says_yes_with_the_path_and_no_with_the_reason_in_two_languages(run: Command, unit: Unit) -> None:
    good, revoked = unit.authority.leaf("Người Tốt"), unit.authority.leaf("Người Bị Thu Hồi")
    expired = unit.authority.leaf("Người Hết Hạn", ends=timedelta(days=-1))
    unit.authority.revoke(revoked, datetime.now(UTC) - timedelta(days=1))

    yes = run("check", pem_file(unit.folder, good, unit.authority.issuing), "--json")
    assert yes.exit_code == 0, yes.output
    answer = json.loads(yes.stdout)
    assert (answer["may_sign"], answer["revocation"]["status"], len(answer["path"])) == (True, "good", 3)

    for holder, code in ((revoked, "certificate-revoked"), (expired, "certificate-expired")):
        no = run("check", pem_file(unit.folder, holder, unit.authority.issuing), "--json")
        assert no.exit_code == 1
        answer = json.loads(no.stdout)
        assert answer["code"] == code
        assert answer["reason"]["vi"] != answer["reason"]["en"]
    assert "Chứng thư số đã hết hạn" in run("check", pem_file(unit.folder, expired)).stdout


def test_check_names_what_is_wrong_with_each_answer_and_tells_what_soft_fail_waived(
    run: Command, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pem_file(unit.folder, unit.authority.leaf("Leaf", behaviour="stranger"), unit.authority.issuing)

    refused = json.loads(run("check", path, "--json").stdout)
    assert refused["code"] == "revocation-unknown"
    assert "/stranger/ocsp: signer-not-entitled" in refused["reason"]["fact"]
    assert "/stranger/issuing.crl: signer-not-entitled" in refused["reason"]["fact"]

    monkeypatch.setenv("GATEWAY_REVOCATION__SOFT_FAIL", '["official"]')
    waived = json.loads(run("check", path, "--json").stdout)
    assert (waived["may_sign"], waived["revocation_waived"], len(waived["findings"])) == (True, True, 2)
    assert "the rules let that pass" in run("check", path).stdout


def test_check_of_a_time_answers_for_that_time(run: Command, unit: Unit) -> None:
    path = pem_file(unit.folder, unit.authority.leaf("Người Tốt"), unit.authority.issuing)
    late = (datetime.now(UTC) + timedelta(days=1000)).strftime("%Y-%m-%dT%H:%M:%S")

    assert json.loads(run("check", path, "--at", late, "--json").stdout)["code"] == "certificate-expired"


def test_a_revoked_certificate_of_the_inventory_stops_at_once(run: Command, unit: Unit) -> None:
    holder = unit.authority.leaf("Người Sẽ Thu Hồi")
    certificate_id = unit.add(holder, unit.p12_uri(holder))
    assert run("check", certificate_id).exit_code == 0

    unit.authority.revoke(holder, datetime.now(UTC) - timedelta(days=1))
    assert run("refresh").exit_code == 0
    stopped = run("check", certificate_id)
    assert (stopped.exit_code, "certificate-revoked" in stopped.stdout) == (1, True)


def test_import_needs_the_certificates_own_key_and_can_replace(run: Command, unit: Unit) -> None:
    first, second = unit.authority.leaf("Một"), unit.authority.leaf("Hai")
    uri = unit.p12_uri(first)
    wrong = run("import", unit.id, "person", pem_file(unit.folder, second), "--key-source", uri)
    assert (wrong.exit_code, "signature-value-wrong" in wrong.output) == (2, True)

    old = run("import", unit.id, "person", unit.folder / "key.p12", "--key-source", uri).stdout.strip()
    assert unit.state(old) == ("active", None)
    new_uri = unit.p12_uri(second, "second")
    arguments = ("import", unit.id, "person", unit.folder / "second.p12", "--key-source", new_uri, "--replaces", old)
    new = run(*arguments).stdout.strip()
    with unit.services.unit_of_work(read_only=True) as work:
        assert work.certificates.get(old).replaced_by == new
        assert work.certificates.get(new).chain_der == [unit.authority.issuing.der.hex()]
    assert unit.state(old)[0] == CertificateState.WITHDRAWN


def test_a_wrong_pass_phrase_holds_the_key_also_for_a_process_started_later(run: Command, unit: Unit) -> None:
    holder = unit.authority.leaf("Người Giữ Khoá")
    certificate_id = unit.add(holder, unit.p12_uri(holder))
    assert [check.code for check in check_keys(unit.services, datetime.now(UTC))] == [""]

    (unit.folder / "pass").write_text("sai-hoàn-toàn")
    unit.services.key_sources.close_all()
    (failed,) = check_keys(unit.services, datetime.now(UTC))
    assert failed.code == "pin-incorrect"
    assert unit.state(certificate_id) == ("held", "pin-incorrect")
    assert unit.events("certificate.self-check-failed") == [{"code": "pin-incorrect"}]
    assert unit.events("certificate.held") == [{"code": "pin-incorrect"}]

    # Another process has no memory of the PIN; the inventory has.
    later = replace(unit.services, key_sources=KeySources(unit.services.secrets, pkcs11_module=None, timeout_seconds=5))
    assert check_keys(later, datetime.now(UTC)) == ()
    refused = run("check", certificate_id)
    assert (refused.exit_code, "key-source-held" in refused.stdout) == (1, True)

    (unit.folder / "pass").write_text(PASSPHRASE)
    assert run("release", certificate_id, "--actor", "an").exit_code == 0
    assert run("self-check", certificate_id).exit_code == 0


def _age(unit: Unit, certificate_id: str, days: float) -> None:
    """Let the last look at a key lie some days back."""
    with unit.services.unit_of_work() as work:
        row = work.certificates.get(certificate_id)
        row.created_at = datetime.now(UTC) - timedelta(days=days)
        row.self_checked_at = row.created_at if row.self_checked_at else None
        work.commit()


def _week(unit: Unit) -> tuple[int, str | None]:
    """Let the sweep look and a worker work; return how often a key was asked, and what its task was put off for."""
    make_self_checks_due(unit.services, datetime.now(UTC))
    asked = []

    def counted(services: Services, task: Task, now: datetime) -> Outcome:
        asked.append(task)
        return check_due_key(services, task, now)

    Runner(unit.services, {**HANDLERS, SELF_CHECK_TASK: counted}).drain()
    with unit.services.unit_of_work(read_only=True) as work:
        query = select(OutboxRow.last_problem).where(OutboxRow.kind == SELF_CHECK_TASK, OutboxRow.state == "due")
        return len(asked), work.session.scalars(query).first()


def test_each_key_is_checked_once_a_week_by_a_worker(unit: Unit) -> None:
    holder = unit.authority.leaf("Hằng Tuần")
    certificate_id = unit.add(holder, unit.p12_uri(holder))
    assert _week(unit) == (0, None)

    for _ in range(2):
        _age(unit, certificate_id, 6.9)
        assert _week(unit) == (0, None)
        _age(unit, certificate_id, 7.1)
        assert _week(unit) == (1, None)
    with unit.services.unit_of_work(read_only=True) as work:
        checked = work.session.scalars(select(AuditRow).where(AuditRow.action == "certificate.self-checked")).all()
        assert [entry.details["outcome"] for entry in checked] == ["good", "good"]
        assert work.certificates.get(certificate_id).self_check_code is None


def test_a_key_file_that_is_gone_is_told_once_and_looked_for_again_until_it_is_back(unit: Unit) -> None:
    holder = unit.authority.leaf("Mất Rồi Về")
    uri = unit.p12_uri(holder)
    certificate_id = unit.add(holder, uri)
    (unit.folder / "key.p12").rename(unit.folder / "elsewhere")
    _age(unit, certificate_id, 8)
    assert _week(unit) == (1, "token-absent")

    # The sweep leaves what is put off alone, or it would never be put off for longer.
    assert _week(unit) == (0, "token-absent")
    for _ in range(2):
        with unit.services.unit_of_work() as work:
            work.session.execute(update(OutboxRow).values(due_at=datetime.now(UTC)))
            work.commit()
        assert _week(unit)[1] == "token-absent"
    assert unit.events("certificate.self-check-failed") == [{"code": "token-absent"}]
    assert unit.state(certificate_id) == ("active", None)

    (unit.folder / "elsewhere").rename(unit.folder / "key.p12")
    assert [check.code for check in check_keys(unit.services, datetime.now(UTC))] == [""]
    with unit.services.unit_of_work(read_only=True) as work:
        assert work.certificates.get(certificate_id).self_check_code is None
    assert unit.events("certificate.self-check-mended") == [{"code": "token-absent"}]


def test_a_pin_that_is_refused_in_the_weekly_check_holds_the_key_and_is_not_tried_the_week_after(unit: Unit) -> None:
    holder = unit.authority.leaf("Sai Mã Tuần Này")
    certificate_id = unit.add(holder, unit.p12_uri(holder))
    (unit.folder / "pass").write_text("sai-hoàn-toàn")
    _age(unit, certificate_id, 8)

    assert _week(unit) == (1, None)
    assert unit.state(certificate_id) == ("held", "pin-incorrect")
    _age(unit, certificate_id, 8)
    assert _week(unit) == (0, None)


def test_keys_at_desks_and_with_remote_services_are_kept_and_never_asked_here(run: Command, unit: Unit) -> None:
    for number, uri in enumerate(("desk:serial=5404A0B1", "csc:vnpt;credential=GX0112")):
        path = pem_file(unit.folder, unit.authority.leaf(f"Nơi Khác {number}"), unit.authority.issuing)
        made = run("import", unit.id, "person", path, "--key-source", uri, "--profile", "person")
        assert made.exit_code == 0, made.output
        _age(unit, made.stdout.strip(), 30)

    assert _week(unit) == (0, None)
    assert check_keys(unit.services, datetime.now(UTC)) == ()
    listed = json.loads(run("list", unit.id, "--json").stdout)
    assert [(item["key"], item["profiles"], item["state"]) for item in listed] == [
        ("desk", "person", "active"),
        ("csc", "person", "active"),
    ]


def test_a_hold_by_one_person_and_its_release_by_another_from_the_command_line(run: Command, unit: Unit) -> None:
    holder = unit.authority.leaf("Nghỉ Phép")
    certificate_id = unit.add(holder, unit.p12_uri(holder))

    assert run("hold", certificate_id, "--actor", "An", "--reason", "nghỉ phép").exit_code == 0
    alone = run("release", certificate_id, "--actor", "an")
    assert (alone.exit_code, "release-needs-second-person" in alone.output) == (2, True)
    assert run("self-check", certificate_id).exit_code == 1
    assert run("release", certificate_id, "--actor", "Bình").exit_code == 0
    assert unit.state(certificate_id) == ("active", None)

    assert run("profiles", certificate_id, "--actor", "An", "--profile", "person").stdout.strip() == "person"
    wrong = run("profiles", certificate_id, "--actor", "An", "--profile", "organisation")
    assert (wrong.exit_code, "certificate-wrong-role" in wrong.output) == (2, True)
    for command in ("hold", "release", "withdraw"):
        reason = ("--reason", "x") if command != "release" else ()
        refused = run(command, "no-such-id", "--actor", "An", *reason)
        assert (refused.exit_code, "certificate-unknown" in refused.output) == (2, True)


def test_each_notice_of_an_expiry_is_given_once(unit: Unit) -> None:
    holder = unit.authority.leaf("Sắp Hết Hạn", ends=timedelta(days=100))
    unit.add(holder, unit.p12_uri(holder))
    given = []
    for day in range(105):
        for _ in range(2):
            announce_expiring(unit.services, unit.authority.now + timedelta(days=day, minutes=1))
        if len(unit.events("certificate.expiring")) > len(given):
            given.append((day, unit.events("certificate.expiring")[-1]["days"]))

    assert given == [(10, 90), (70, 30), (93, 7)]
    assert len(unit.events("certificate.expiring")) == 3


def test_a_certificate_that_is_added_late_gets_one_notice_not_three(unit: Unit) -> None:
    holder = unit.authority.leaf("Còn Năm Ngày", ends=timedelta(days=5))
    unit.add(holder, unit.p12_uri(holder))
    announce_expiring(unit.services, unit.authority.now)

    assert [event["days"] for event in unit.events("certificate.expiring")] == [7]


def test_a_key_is_made_in_a_token_and_its_certificate_comes_back(
    run: Command, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_key = Holder(unit.authority.issuing.certificate, rsa.generate_private_key(65537, 2048))
    token = make_token(unit.folder / "hsm", monkeypatch, "desk", {"old": any_key})
    monkeypatch.setenv("GATEWAY_PKCS11_MODULE", str(token.module))
    (unit.folder / "pin").write_text(PIN)
    out = unit.folder / "request.pem"

    asked = run(
        "request",
        f"pkcs11:token=desk;object=official?pin-source=file:{unit.folder}/pin",
        *("--common-name", "Nguyễn Văn Ví Dụ", "--organisation", "UBND phường Ví Dụ"),
        *("--bits", "2048", "--out", out),
    )
    assert asked.exit_code == 0, asked.output
    uri = asked.stdout.strip()
    judged = subprocess.run(["openssl", "req", "-in", str(out), "-verify", "-noout"], capture_output=True, check=True)
    assert b"verify OK" in judged.stdout + judged.stderr

    request = x509.load_pem_x509_csr(out.read_bytes())
    issued = _issue(unit.authority, request, unit.folder / "issued.pem")
    imported = run("import", unit.id, "person", issued, "--key-source", uri)
    assert imported.exit_code == 0, imported.output
    assert unit.state(imported.stdout.strip()) == ("active", None)

    services = build_services(unit.services.settings.model_copy(update={"pkcs11_module": token.module}))
    assert [check.code for check in check_keys(services, datetime.now(UTC))] == [""]
    services.close()
    assert PIN not in asked.output + imported.output


def _issue(authority: Authority, request: x509.CertificateSigningRequest, path: Path) -> Path:
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(authority.issuing.certificate.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(authority.issuing.key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path
