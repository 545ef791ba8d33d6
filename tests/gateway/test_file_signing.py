"""`gateway sign` and `gateway verify` with an inventory's certificate, judged by others."""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from typer.testing import CliRunner, Result

from certs.errors import CertificateRevoked, CertificateWithdrawn
from certs.model import CertificateRole, Purpose, TrustAnchor
from gateway.callers import add_unit
from gateway.cli import app
from gateway.file_signing import sign_local_files
from gateway.services import Services
from gateway.validating import validate_file
from signing.errors.files import PackagingUnfit
from signing.files.model import Packaging
from signing.files.registry import FORMATS, FileOrder
from signing.model import Level
from signing.timestamps.fake import FakeTimestampAuthority
from signing.validation.report import Overall
from tests.certs.authority import Authority, Holder, running_authority
from tests.signing.cms_judges import openssl_complaint

CONTENT = "<đơn>Kính gửi Uỷ ban</đơn>\n".encode()


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as (made, server):
        stamping = made.tsa()
        server.issued[stamping.certificate.serial_number] = stamping.certificate
        made.stamping = stamping  # type: ignore[attr-defined]
        made.server = server  # type: ignore[attr-defined]
        yield made


@dataclass(frozen=True)
class Office:
    """A unit with one official's key file, and anchors for signers and time-stamps."""

    services: Services
    certificate_id: str
    holder: Holder
    authority: Authority
    folder: Path
    source: Path

    def sign(self, format_name: str, level: Level, packaging: Packaging | None = None) -> Path:
        target = self.folder / f"{format_name}-{level}"
        order = FileOrder(((self.source.name, self.source),), level, packaging)
        sign_local_files(self.services, self.certificate_id, format_name, order, target, datetime.now(UTC))
        return target


@pytest.fixture
def office(services: Services, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    tsa = FakeTimestampAuthority(
        authority.stamping.der,
        authority.stamping.key_der,
        [authority.issuing.der],
        anchors=lambda: [TrustAnchor(authority.root.der, Purpose.TSA, start)],
        clock=lambda: datetime.now(UTC),
    )
    monkeypatch.setattr(Services, "time_stamping", property(lambda _: tsa))
    now = datetime.now(UTC)
    holder = authority.leaf("Nguyễn Văn Ví Dụ")
    authority.server.issued[holder.certificate.serial_number] = holder.certificate
    encryption = BestAvailableEncryption(b"mat-khau-thu")
    p12 = pkcs12.serialize_key_and_certificates(b"k", holder.key, holder.certificate, None, encryption)
    (tmp_path / "key.p12").write_bytes(p12)
    (tmp_path / "pass").write_text("mat-khau-thu")
    with services.unit_of_work() as work:
        unit = add_unit(work, "F01", "UBND phường Ví Dụ", "", now)
        for purpose in (Purpose.OFFICIAL, Purpose.TSA):
            anchor = work.certificates.install_anchor(
                unit_id=unit.id,
                purpose=purpose,
                certificate_der=authority.root.der,
                installed_by="an",
                trusted_from=now - timedelta(days=400),
                now=now,
            )
            work.certificates.confirm_anchor(anchor.id, "bình", now)
        row = work.certificates.add(
            unit_id=unit.id,
            label="x",
            role=CertificateRole.PERSON,
            certificate_der=holder.der,
            chain_ders=[authority.issuing.der],
            key_source_uri=f"pkcs12:{tmp_path}/key.p12?pin-source=file:{tmp_path}/pass",
            now=now,
        )
        work.commit()
        certificate_id = row.id
    source = tmp_path / "đơn.xml"
    source.write_bytes(CONTENT)
    return Office(services, certificate_id, holder, authority, tmp_path, source)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(tmp_path / "gateway.toml"))
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])


@pytest.mark.parametrize("format_name", list(FORMATS))
def test_every_format_is_signed_and_found_good_by_our_own_validation(format_name: str, office: Office) -> None:
    level = Level.B_B if format_name == "jades-compact" else Level.B_T if "jades" in format_name else Level.B_LT

    target = office.sign(format_name, level)

    if format_name == "cades":
        assert openssl_complaint(target, office.source, office.authority.root.der, office.folder) == ""
    report = validate_file(office.services, target, datetime.now(UTC), {office.source.name: office.source})
    assert report.overall is Overall.PASSED
    assert [(one.level or "").partition("-")[2] for one in report.signatures] == [level.value]


def test_a_revoked_or_withdrawn_certificate_signs_nothing(office: Office) -> None:
    office.authority.revoke(office.holder, datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(CertificateRevoked):
        office.sign("cades", Level.B_B)
    with office.services.unit_of_work() as work:
        work.certificates.withdraw(office.certificate_id)
        work.commit()
    with pytest.raises(CertificateWithdrawn):
        office.sign("cades", Level.B_B)

    assert not list(office.folder.glob("*-B-B"))


def test_a_format_or_packaging_that_there_is_not_is_refused(office: Office) -> None:
    with pytest.raises(PackagingUnfit):
        office.sign("asic-e", Level.B_B, Packaging.ATTACHED)
    with pytest.raises(PackagingUnfit):
        office.sign("pkcs7", Level.B_B)


def test_the_command_signs_many_files_one_by_one_or_together(office: Office, run: Callable[..., Result]) -> None:
    second = office.folder / "second.txt"
    second.write_bytes(b"second")
    out = office.folder / "out"
    out.mkdir()
    common = ["--certificate", office.certificate_id, "--level", "B-B"]

    each = run("sign", office.source, second, "--to", out, "--format", "cades", *common)
    together = run("sign", office.source, second, "--to", office.folder / "all.asice", *common)
    again = run("sign", office.source, "--to", office.folder / "all.asice", *common)

    assert (each.exit_code, together.exit_code, again.exit_code) == (0, 0, 2), (each.output, together.output)
    assert sorted(path.name for path in out.iterdir()) == ["second.txt.p7m", "đơn.xml.p7m"]
    root = office.authority.root.der
    assert openssl_complaint(out / "second.txt.p7m", second, root, office.folder) == ""
    with zipfile.ZipFile(office.folder / "all.asice") as archive:
        assert {"đơn.xml", "second.txt"} <= set(archive.namelist())


def test_verify_tells_good_from_bad_unclear_and_unsigned_by_its_status(
    office: Office, run: Callable[..., Result]
) -> None:
    signed = office.sign("cades", Level.B_B)
    other = office.folder / "other"
    other.write_bytes(b"other")

    good = run("verify", signed, "--content", office.source, "--json")
    assert (good.exit_code, json.loads(good.stdout)["overall"]) == (0, "TOTAL_PASSED")
    assert run("verify", signed, "--content", other).exit_code == 1
    assert run("verify", signed).exit_code == 3
    assert run("verify", Path(__file__).parents[1] / "documents" / "quyet-dinh.libreoffice.pdf").exit_code == 4
    told = run("verify", signed, "--content", office.source).stdout
    assert "Chữ ký hợp lệ" in told
    assert "Nguyễn Văn Ví Dụ" in told


def test_unusable_orders_end_with_one_line(office: Office, run: Callable[..., Result]) -> None:
    common = ["sign", office.source, "--to", office.folder / "x"]
    for arguments in (
        ["--certificate", "unknown", "--level", "B-B"],
        ["--certificate", office.certificate_id, "--format", "pkcs7"],
        ["--certificate", office.certificate_id, "--packaging", "detached"],
    ):
        done = run(*common, *arguments)
        assert done.exit_code == 2
        assert "Traceback" not in done.output
    assert not (office.folder / "x").exists()
