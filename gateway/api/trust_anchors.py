"""/v1/trust-anchors: which CAs are trusted, for what, how long. A confirmed one counts for the whole gateway."""

from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field

from certs.errors import AnchorUnknown
from certs.inspection import describe_certificate
from certs.model import Purpose
from certs.reading import read_certificate_file
from certs.store import TrustAnchorRow
from gateway import anchors
from gateway.anchors import ProposedAnchor
from gateway.api.certificate_decisions import PEM_CHARACTERS, ActorIn, DecisionIn, decider
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork

blueprint = APIBlueprint(
    "trust-anchors", __name__, url_prefix="/v1", abp_tags=[Tag(name="trust")], abp_security=[{"oauth2": []}]
)


class AnchorPath(BaseModel):
    anchor_id: str = Field(..., max_length=36)


class AnchorIn(ActorIn):
    """A CA certificate that one person proposes; actor is that person."""

    purpose: Purpose
    certificate: str = Field(..., max_length=PEM_CHARACTERS, description="PEM, one certificate")
    trusted_from: AwareDatetime | None = Field(None, description="Default: now")
    trusted_until: AwareDatetime | None = Field(None, description="Default: until further notice")


class ConfirmationIn(ActorIn):
    """What a second person says who has the fingerprint from a source of their own."""

    fingerprint: str = Field(..., min_length=64, max_length=200, description="SHA-256, hexadecimal")


class EndIn(DecisionIn):
    trusted_until: AwareDatetime | None = Field(None, description="Default: now")


class AnchorOut(BaseModel):
    """A trust anchor; it counts once confirmed_by is set. Times are UTC."""

    id: str
    unit_id: str
    purpose: Purpose
    holder_name: str
    subject: str
    key: str
    sha256: str
    valid_until: str = Field(..., description="Of the certificate; what counts is trusted_until")
    trusted_from: str
    trusted_until: str | None
    installed_by: str
    installed_at: str
    confirmed_by: str | None
    confirmed_at: str | None


class AnchorList(BaseModel):
    items: list[AnchorOut]


def render(row: TrustAnchorRow) -> dict[str, Any]:
    """Return an anchor as the API shows it."""
    said = describe_certificate(row.certificate_der)
    return AnchorOut(
        id=row.id,
        unit_id=row.unit_id,
        purpose=Purpose(row.purpose),
        holder_name=row.holder_name,
        subject=said.subject,
        key=said.key,
        sha256=row.sha256,
        valid_until=said.valid_until.isoformat(),
        trusted_from=row.trusted_from.isoformat(),
        trusted_until=row.trusted_until.isoformat() if row.trusted_until else None,
        installed_by=row.installed_by,
        installed_at=row.installed_at.isoformat(),
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at.isoformat() if row.confirmed_at else None,
    ).model_dump(mode="json")


def _check_ours(work: UnitOfWork, anchor_id: str) -> None:
    row = work.session.get(TrustAnchorRow, anchor_id)
    if row is None or row.unit_id not in caller().unit_ids:
        raise AnchorUnknown(f"there is no trust anchor {anchor_id}")


@blueprint.get("/trust-anchors", summary="List trust anchors", responses={200: AnchorList})
@authorised("trust:read")
def list_anchors() -> dict[str, Any]:
    """Those that the caller's units installed, confirmed or not, oldest first."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.certificates.list_anchors()
    return {"items": [render(row) for row in rows if row.unit_id in caller().unit_ids]}


@blueprint.post("/trust-anchors", summary="Propose a trust anchor", responses={201: AnchorOut})
@authorised("trust:write")
def propose(body: AnchorIn) -> Response:
    """Keep a CA certificate; it counts once another person has confirmed its fingerprint."""
    ders = services().confined.run(read_certificate_file, body.certificate.encode())
    proposed = ProposedAnchor(
        unit_id=caller().unit_id,
        purpose=body.purpose,
        certificate_der=ders[0],
        trusted_from=body.trusted_from or now(),
        trusted_until=body.trusted_until,
    )

    def keep(work: UnitOfWork) -> Answer:
        return render(anchors.propose(work, proposed, decider(body.actor), now())), 201

    return write_once(body, keep)


@blueprint.post("/trust-anchors/<anchor_id>/confirm", summary="Confirm a trust anchor", responses={200: AnchorOut})
@authorised("trust:write")
def confirm(path: AnchorPath, body: ConfirmationIn) -> Response:
    """Let an anchor count: another person than the one who proposed it gives the fingerprint, got by another way."""

    def decide(work: UnitOfWork) -> Answer:
        _check_ours(work, path.anchor_id)
        return render(anchors.confirm(work, path.anchor_id, body.fingerprint, decider(body.actor), now())), 200

    return write_once(body, decide)


@blueprint.post("/trust-anchors/<anchor_id>/end", summary="End trust in an anchor", responses={200: AnchorOut})
@authorised("trust:write")
def end(path: AnchorPath, body: EndIn) -> Response:
    """Stop trusting an anchor from a time on; signatures whose time before that is proved stay good."""

    def decide(work: UnitOfWork) -> Answer:
        _check_ours(work, path.anchor_id)
        until = body.trusted_until or now()
        return render(anchors.end(work, path.anchor_id, until, decider(body.actor), body.reason, now())), 200

    return write_once(body, decide)
