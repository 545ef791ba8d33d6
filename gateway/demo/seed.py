"""Puts into a new database what an operator would: a unit, a client, an account, anchors and certificates."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from certs.model import CertificateRole, CertificateState, Purpose
from certs.store import SigningCertificate
from gateway.auth.scopes import SCOPES
from gateway.callers import add_account, add_client, add_collection_account, add_unit
from gateway.db.tables.callers import AccountRow, ApiClientRow, UnitRow
from gateway.db.tables.documents import SignaturePictureRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.demo.layout import Layout
from gateway.devpki.model import ANCHOR, OFFICIAL, SEAL, DevPki
from gateway.services import Services

UNIT_CODE = "H13.THU-NGHIEM"
UNIT_NAME = "UBND phường Ví Dụ (THỬ NGHIỆM)"
USERNAME = "kiemtoan"
ACCOUNT_NUMBER = "0123456789012"
FIRST_PERSON, SECOND_PERSON = "operator:demo-1", "operator:demo-2"
ROLES = {OFFICIAL: CertificateRole.PERSON, SEAL: CertificateRole.ORGANISATION}


@dataclass(frozen=True)
class Seeded:
    """What the story needs to know of the seeded database; secrets are read from their files when needed."""

    unit_id: str
    client_id: str
    certificate_ids: dict[str, str]


def seed(services: Services, layout: Layout, pki: DevPki, key_sources: dict[str, str], now: datetime) -> Seeded:
    """Bring the database to where the story can start; what is there already stays."""
    pictures = {OFFICIAL: pki.handwriting_png, SEAL: pki.seal_png}
    blobs = {holder: services.blobs.put_file(path).sha256 for holder, path in pictures.items()}
    with services.unit_of_work() as work:
        unit = work.session.scalars(select(UnitRow).where(UnitRow.code == UNIT_CODE)).first()
        if unit is None:
            unit = add_unit(work, UNIT_CODE, UNIT_NAME, "Số 1, đường Ví Dụ, thành phố Ví Dụ", now)
            work.session.flush()
            holder = "UBND PHUONG VI DU (THU NGHIEM)"
            add_collection_account(work, unit.id, "970436", "Vietcombank (thử nghiệm)", ACCOUNT_NUMBER, holder, now)
        client_id = _client(work, unit.id, layout, now)
        if work.session.scalars(select(AccountRow).where(AccountRow.username == USERNAME)).first() is None:
            password = layout.secret("auditor-password")
            add_account(work, unit.id, USERNAME, "Kiểm toán viên (thử nghiệm)", "auditor", password, now)
        for purpose in (Purpose.OFFICIAL, Purpose.ORGANISATION, Purpose.TSA):
            _trust(work, unit.id, purpose, pki.certificate_der(ANCHOR), now)
        certificates = {
            holder: _certificate(work, unit.id, holder, pki, uri, blobs[holder], now)
            for holder, uri in key_sources.items()
        }
        work.commit()
    return Seeded(unit.id, client_id, certificates)


def _client(work: UnitOfWork, unit_id: str, layout: Layout, now: datetime) -> str:
    """Return the processing system's client; its secret is kept in a file of the demonstration."""
    known = layout.secret_file("client-secret")
    row = work.session.scalars(select(ApiClientRow).where(ApiClientRow.disabled_at.is_(None))).first()
    if row is not None and known.exists():
        return row.id
    row, secret = add_client(work, unit_id, "Hệ thống giải quyết thủ tục (thử nghiệm)", list(SCOPES), (), now)
    known.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    known.touch(mode=0o600)
    known.write_text(secret, encoding="ascii")
    return row.id


def _trust(work: UnitOfWork, unit_id: str, purpose: Purpose, root_der: bytes, now: datetime) -> None:
    """Install the test root as an operator does: one proposes it, another confirms it."""
    anchor = work.certificates.install_anchor(
        unit_id=unit_id,
        purpose=purpose,
        certificate_der=root_der,
        installed_by=FIRST_PERSON,
        trusted_from=datetime(2020, 1, 1, tzinfo=now.tzinfo),
        now=now,
    )
    work.certificates.confirm_anchor(anchor.id, SECOND_PERSON, now)


def _certificate(
    work: UnitOfWork, unit_id: str, holder: str, pki: DevPki, uri: str, picture_sha256: str, now: datetime
) -> str:
    der = pki.certificate_der(holder)
    row = next((row for row in work.certificates.list(unit_id) if row.certificate_der == der), None)
    if row is None:
        row = work.certificates.add(
            unit_id=unit_id,
            label=holder,
            role=ROLES[holder],
            certificate_der=der,
            chain_ders=pki.chain_der(holder),
            key_source_uri=uri,
            now=now,
        )
        _withdraw_earlier(work, unit_id, row)
    work.session.merge(SignaturePictureRow(certificate_id=row.id, unit_id=unit_id, sha256=picture_sha256, set_at=now))
    row.key_source_uri = uri
    return row.id


def _withdraw_earlier(work: UnitOfWork, unit_id: str, row: SigningCertificate) -> None:
    """Take the certificates of an earlier development PKI out of use: their keys are gone."""
    for earlier in work.certificates.list(unit_id):
        if earlier.label == row.label and earlier.id != row.id and earlier.state != CertificateState.WITHDRAWN:
            work.certificates.withdraw(earlier.id, replaced_by=row.id)
