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
from config.confinement import InProcess
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
from tests.signing.judges import pdfsig_verdicts

PDF = Path(__file__).parents[1] / "documents" / "quyet-dinh.libreoffice.pdf"
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
    # The children have tests of their own, and each command would start its own ones.
    monkeypatch.setattr("gateway.services.ChildProcesses", lambda _: InProcess())
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
    common = ["--key", office.certificate_id, "--level", "B-B"]

    each = run("sign", office.source, second, out, "--format", "cades", *common)
    together = run("sign", office.source, second, office.folder / "all.asice", *common)
    again = run("sign", office.source, office.folder / "all.asice", *common)

    assert (each.exit_code, together.exit_code, again.exit_code) == (0, 0, 2), (each.output, together.output)
    assert sorted(path.name for path in out.iterdir()) == ["second.txt.p7m", "đơn.xml.p7m"]
    root = office.authority.root.der
    assert openssl_complaint(out / "second.txt.p7m", second, root, office.folder) == ""
    with zipfile.ZipFile(office.folder / "all.asice") as archive:
        assert {"đơn.xml", "second.txt"} <= set(archive.namelist())


def test_the_command_names_the_key_by_its_address_and_signs_pdfs_as_their_profile_says(
    office: Office, run: Callable[..., Result]
) -> None:
    out = office.folder / "out"
    out.mkdir()
    key = f"pkcs12:{office.folder}/key.p12"
    arguments = ["--key", key, "--profile", "person", "--placement", '{"kind": "invisible"}', "--level", "B-T"]

    done = run("sign", PDF, office.source, out, *arguments)

    # The person's profile shows a picture, which is nowhere: invisible needs none.
    assert done.exit_code == 0, done.output
    assert pdfsig_verdicts(out / PDF.name) == ["Signature is Valid."]
    assert run("verify", out / PDF.name).exit_code == 0
    assert run("verify", out / "đơn.xml.asice").exit_code == 0
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["B-T", "B-T"]


def test_one_file_that_cannot_be_signed_is_told_and_the_others_are_signed(
    office: Office, run: Callable[..., Result]
) -> None:
    out = office.folder / "out"
    out.mkdir()
    broken = office.folder / "a.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    arguments = ["--key", office.certificate_id, "--placement", '{"kind": "invisible"}', "--level", "B-B"]

    done = run("sign", broken, PDF, out, *arguments)

    assert done.exit_code == 2
    assert done.stderr.startswith(f"{broken}: document-unreadable: ")
    assert [path.name for path in out.iterdir()] == [PDF.name]


def test_a_pdf_with_a_broken_signature_is_signed_only_when_asked_to(office: Office, run: Callable[..., Result]) -> None:
    first, second = office.folder / "first.pdf", office.folder / "second.pdf"
    common = ["--key", office.certificate_id, "--placement", '{"kind": "invisible"}', "--level", "B-B"]
    assert run("sign", PDF, first, *common).exit_code == 0
    data = bytearray(first.read_bytes())
    data[12] ^= 1
    first.write_bytes(data)

    refused = run("sign", first, second, *common)
    signed = run("sign", first, second, *common, "--over-broken")

    assert (refused.exit_code, "earlier-signature-broken" in refused.stderr) == (2, True), refused.output
    assert signed.exit_code == 0, signed.output
    assert pdfsig_verdicts(second) == ["Digest Mismatch.", "Signature is Valid."]
    assert run("verify", second).exit_code == 1


def test_the_command_raises_signed_files_of_every_format(office: Office, run: Callable[..., Result]) -> None:
    out = office.folder / "out"
    out.mkdir()
    signed = [office.sign(name, Level.B_B) for name in ("cades", "xades", "asic-e", "asic-s-xades", "jades")]

    raised = run("augment", *signed[:4], out, "--level", "B-LT", "--content", office.source)
    stamped = run("augment", signed[4], office.folder / "stamped", "--level", "B-T")
    refused = run("augment", signed[4], office.source, out, "--level", "B-LT")

    assert (raised.exit_code, stamped.exit_code, refused.exit_code) == (0, 0, 2), (raised.output, refused.output)
    report = validate_file(office.services, out / "cades-B-B", datetime.now(UTC), {office.source.name: office.source})
    assert (report.overall, report.signatures[0].level) == (Overall.PASSED, "CAdES-B-LT")
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in signed[:4])
    assert "augmentation-level-unknown" in refused.stderr
    assert f"{office.source}: nothing-to-augment" in refused.stderr


def key_with(pin: str) -> str:
    return f"pkcs11:token=a;object=b?pin-value={pin}"


def test_an_office_file_goes_into_a_container_and_its_missing_pdf_is_told(
    office: Office, run: Callable[..., Result]
) -> None:
    sheet = office.folder / "bảng.xlsx"
    sheet.write_bytes(b"PK as Excel wrote it")
    common = ["--key", office.certificate_id, "--level", "B-B"]

    alone = run("sign", sheet, office.folder / "alone.asice", *common)
    both = run("sign", sheet, PDF, office.folder / "both.asice", *common)

    assert (alone.exit_code, both.exit_code, both.stderr) == (0, 0, "")
    assert "sign the file together with its PDF" in alone.stderr
    with zipfile.ZipFile(office.folder / "both.asice") as archive:
        assert archive.read("bảng.xlsx") == sheet.read_bytes()
    assert run("verify", office.folder / "both.asice").exit_code == 0


BAD_ARGUMENTS = [
    (["x.pdf"], "name the files to sign and, last, the signed file or a folder"),
    (["absent.pdf", "x"], "there is no file absent.pdf"),
    (["ĐƠN", "x", "--format", "pkcs7"], "the format is one of pades, cades"),
    (["ĐƠN", "x", "--profile", "king"], "the profile is one of"),
    (["ĐƠN", "x", "--placement", "{"], "the placement is a JSON object"),
    (["ĐƠN", "x", "--placement", '{"kind": "moon"}'], "placement-invalid"),
    (["ĐƠN", "x", "--stamp", "note"], "a text for the stamp is NAME=TEXT"),
    (["ĐƠN", "no-such-folder/x"], "there is no folder"),
    (["ĐƠN", "ĐƠN", "."], "two of the files have one name"),
    (["ĐƠN", "x", "--key", "pkcs11:token=a;object=b"], "no certificate has this key"),
    (["ĐƠN", "x", "--key", key_with("73190426")], "a PIN must not stand in an address"),
    (["ĐƠN", "x", "--key", "pkcs11:object=b"], "a pkcs11 address names the token"),
    (["ĐƠN", "x", "--key", "unknown"], "certificate-unknown"),
]


def test_a_bad_argument_is_one_clear_sentence(
    office: Office, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(office.folder)
    for arguments, words in BAD_ARGUMENTS:
        given = [str(office.source) if one == "ĐƠN" else one for one in arguments]
        given += [] if "--key" in given else ["--key", office.certificate_id]

        done = run("sign", *given)

        told = " ".join(done.output.replace("│", " ").split())
        assert (done.exit_code, words in told) == (2, True), told
        assert "Traceback" not in told
        assert "73190426" not in told
        assert not (office.folder / "x").exists()


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
