"""/v1/revocation: what is known of certificates' status, from which source and how fresh; it never waits for a CA."""

from datetime import datetime
from typing import Any, Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import select, tuple_

from certs.journeys import judge
from certs.store import RevocationCacheRow
from gateway.api.certificate_decisions import ActorIn
from gateway.api.certificates import CertificatePath, get_certificate
from gateway.api.paging import PageQuery, page_body
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.certificate_care import REFRESH_TASK
from gateway.db.unit_of_work import UnitOfWork
from gateway.trust import kept_revocation, trust_anchors

blueprint = APIBlueprint(
    "revocation", __name__, url_prefix="/v1", abp_tags=[Tag(name="trust")], abp_security=[{"oauth2": []}]
)


class RevocationStatusOut(BaseModel):
    """What kept answers say of a certificate and its path now."""

    certificate_id: str
    checked_at: str
    status: Literal["good", "revoked", "unknown"]
    source: Literal["ocsp", "crl"] | None
    this_update: str | None = Field(..., description="When the CA knew this")
    next_update: str | None
    age_seconds: int | None = Field(..., description="Since this_update")
    revoked_at: str | None
    revocation_reason: str | None
    indication: str = Field(..., description="Of the whole path (ETSI EN 319 102-1)")
    sub_indication: str | None
    fact: str


class KeptAnswerOut(BaseModel):
    """The last good answer of one address."""

    address: str
    kind: Literal["ocsp", "crl"]
    this_update: str | None
    next_update: str | None
    fetched_at: str
    age_seconds: int = Field(..., description="Since it was fetched")
    size_bytes: int


class KeptAnswerPage(BaseModel):
    items: list[KeptAnswerOut]
    next_cursor: str | None


class RefreshOut(BaseModel):
    """That a worker will ask."""

    certificate_id: str
    due_at: str


@blueprint.get(
    "/revocation/certificates/<certificate_id>",
    summary="Read a certificate's status",
    responses={200: RevocationStatusOut},
)
@authorised("certificates:read")
def show(path: CertificatePath) -> dict[str, Any]:
    """Judge by the answers that are kept, at once; unknown where none of them counts any more. Refresh to ask anew."""
    with services().unit_of_work(read_only=True) as work:
        row = get_certificate(work, path.certificate_id)
    result, _ = judge(row, trust_anchors(services()), kept_revocation(services()), now(), services().algorithms)
    status = result.revocation
    return RevocationStatusOut.model_validate(
        {
            "certificate_id": row.id,
            "checked_at": now().isoformat(),
            "status": status.status,
            "source": status.source,
            "this_update": _text(status.this_update),
            "next_update": _text(status.next_update),
            "age_seconds": _age_seconds(status.this_update),
            "revoked_at": _text(status.revoked_at),
            "revocation_reason": status.revocation_reason,
            "indication": result.indication.value,
            "sub_indication": result.sub_indication.value if result.sub_indication else None,
            "fact": result.fact,
        }
    ).model_dump()


@blueprint.post(
    "/revocation/certificates/<certificate_id>/refresh", summary="Ask the CAs anew", responses={202: RefreshOut}
)
@authorised("certificates:write")
def refresh(path: CertificatePath, body: ActorIn) -> Response:
    """Let a worker ask OCSP responders and CRL addresses about a certificate and the CAs above it, whatever is kept."""

    def ask(work: UnitOfWork) -> Answer:
        row = get_certificate(work, path.certificate_id)
        work.due(REFRESH_TASK, row.id, row.unit_id, now())
        work.audited(caller().actor, "revocation.refresh-asked", row.id, row.unit_id, now(), person=body.actor)
        return RefreshOut(certificate_id=row.id, due_at=now().isoformat()).model_dump(), 202

    return write_once(body, ask)


@blueprint.get("/revocation/answers", summary="List kept answers", responses={200: KeptAnswerPage})
@authorised("certificates:read")
def answers(query: PageQuery) -> dict[str, Any]:
    """Every address's last good answer with its age. They belong to no unit: a CA tells everybody the same."""
    columns = (RevocationCacheRow.address, RevocationCacheRow.kind, RevocationCacheRow.this_update)
    rows = select(
        *columns, RevocationCacheRow.next_update, RevocationCacheRow.fetched_at, RevocationCacheRow.size_bytes
    )
    key = (RevocationCacheRow.address, RevocationCacheRow.kind)
    before = query.before_id()
    if before is not None:
        address, _, kind = before.rpartition(" ")
        rows = rows.where(tuple_(*key) > tuple_(address, kind))
    with services().unit_of_work(read_only=True) as work:
        found = work.session.execute(rows.order_by(*key).limit(query.limit)).all()
    return page_body(found, query, lambda row: f"{row[0]} {row[1]}", _kept)


def _kept(row: Any) -> dict[str, Any]:
    address, kind, this_update, next_update, fetched_at, size_bytes = row
    return KeptAnswerOut(
        address=address,
        kind=kind,
        this_update=_text(this_update),
        next_update=_text(next_update),
        fetched_at=fetched_at.isoformat(),
        age_seconds=_age_seconds(fetched_at) or 0,
        size_bytes=size_bytes,
    ).model_dump()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _age_seconds(moment: datetime | None) -> int | None:
    return max(0, int((now() - moment).total_seconds())) if moment else None
