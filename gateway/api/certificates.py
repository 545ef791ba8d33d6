"""/v1/certificates: with which certificates the unit and its officials sign, and where their keys are."""

from datetime import timedelta
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import select

from certs.errors import CertificateNotFound
from certs.inspection import describe_certificate
from certs.model import CertificateRole, CertificateState
from certs.store import SigningCertificate
from gateway.api.paging import PageQuery, page_body
from gateway.api.writing import caller, now, services
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.signing_requests import find_certificate

blueprint = APIBlueprint(
    "certificates", __name__, url_prefix="/v1", abp_tags=[Tag(name="certificates")], abp_security=[{"oauth2": []}]
)


class CertificatePath(BaseModel):
    certificate_id: str = Field(..., max_length=36)


class CertificateListQuery(PageQuery):
    state: CertificateState | None = None
    role: CertificateRole | None = None


class ExpiringQuery(BaseModel):
    days: int = Field(90, ge=0, le=3650, description="Whose validity ends within so many days")


class CertificateOut(BaseModel):
    """A certificate of the inventory; times are UTC."""

    id: str
    unit_id: str
    label: str
    role: CertificateRole
    holder_name: str
    subject: str
    issuer: str
    serial: str
    sha256: str
    key: str
    key_usage: list[str]
    key_source: str = Field(..., description="Where the key is; names the place of its PIN, never the PIN")
    valid_from: str
    valid_until: str
    state: CertificateState
    hold_code: str | None
    held_by: str | None
    held_at: str | None
    allowed_profiles: list[str]
    replaced_by: str | None
    self_checked_at: str | None
    self_check_code: str | None = Field(..., description="Of the error that the key's last self-check ended with")
    created_at: str


class CertificatePage(BaseModel):
    items: list[CertificateOut]
    next_cursor: str | None


class CertificateList(BaseModel):
    items: list[CertificateOut]


def render(row: SigningCertificate) -> dict[str, Any]:
    """Return a certificate as the API shows it."""
    said = describe_certificate(row.certificate_der)
    return CertificateOut(
        id=row.id,
        unit_id=row.unit_id,
        label=row.label,
        role=CertificateRole(row.role),
        holder_name=row.holder_name,
        subject=said.subject,
        issuer=said.issuer,
        serial=row.serial,
        sha256=row.sha256,
        key=said.key,
        key_usage=list(said.key_usage),
        key_source=row.key_source_uri,
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat(),
        state=CertificateState(row.state),
        hold_code=row.hold_code,
        held_by=row.held_by,
        held_at=row.held_at.isoformat() if row.held_at else None,
        allowed_profiles=row.allowed_profiles or [],
        replaced_by=row.replaced_by,
        self_checked_at=row.self_checked_at.isoformat() if row.self_checked_at else None,
        self_check_code=row.self_check_code,
        created_at=row.created_at.isoformat(),
    ).model_dump(mode="json")


def get_certificate(work: UnitOfWork, certificate_id: str) -> SigningCertificate:
    """Return a certificate of the caller's units, or refuse as if it did not exist."""
    row = find_certificate(work, certificate_id, caller().unit_ids)
    if row is None:
        raise CertificateNotFound(f"there is no certificate {certificate_id}")
    return row


@blueprint.get("/certificates", summary="List signing certificates", responses={200: CertificatePage})
@authorised("certificates:read")
def list_certificates(query: CertificateListQuery) -> dict[str, Any]:
    """Newest first, with state, holds and the last self-check of each key."""
    rows = select(SigningCertificate).where(SigningCertificate.unit_id.in_(caller().unit_ids))
    for column, wanted in ((SigningCertificate.state, query.state), (SigningCertificate.role, query.role)):
        rows = rows.where(column == wanted.value) if wanted is not None else rows
    before_id = query.before_id()
    rows = rows.where(SigningCertificate.id < before_id) if before_id else rows
    with services().unit_of_work(read_only=True) as work:
        found = work.session.scalars(rows.order_by(SigningCertificate.id.desc()).limit(query.limit)).all()
        return page_body(found, query, lambda row: row.id, render)


@blueprint.get("/certificates/expiring", summary="List what expires soon", responses={200: CertificateList})
@authorised("certificates:read")
def expiring(query: ExpiringQuery) -> dict[str, Any]:
    """Certificates in use or on hold whose validity ends within so many days, the most urgent first."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.certificates.find_expiring(now() + timedelta(days=query.days))
    return {"items": [render(row) for row in rows if row.unit_id in caller().unit_ids]}


@blueprint.get("/certificates/<certificate_id>", summary="Read a signing certificate", responses={200: CertificateOut})
@authorised("certificates:read")
def show(path: CertificatePath) -> dict[str, Any]:
    """Say what a certificate says, where its key is, and whether it may be used."""
    with services().unit_of_work(read_only=True) as work:
        return render(get_certificate(work, path.certificate_id))
