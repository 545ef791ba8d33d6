"""/v1/events and /v1/webhook-endpoints: hearing of what happened."""

from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import select

from config.identifiers import new_id
from gateway.api.paging import PageQuery, page_body
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.work import EventRow, WebhookDeliveryRow, WebhookEndpointRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from gateway.webhooks import endpoint_key, event_document, shown_secret

blueprint = APIBlueprint(
    "events", __name__, url_prefix="/v1", abp_tags=[Tag(name="events")], abp_security=[{"oauth2": []}]
)


class EndpointPath(BaseModel):
    endpoint_id: str = Field(..., max_length=36)


class EndpointIn(StrictBody):
    url: str = Field(..., max_length=2000, examples=["https://dossiers.example/webhooks"])
    event_types: list[str] = Field(default_factory=list, description="Empty: all of them")


class EndpointOut(BaseModel):
    id: str
    url: str
    event_types: list[str]
    secret: str | None = Field(None, description="Shown once, when the endpoint is made")


class DeliveryOut(BaseModel):
    """One event on its way to an endpoint."""

    id: str
    event_id: str
    state: str
    attempts: int
    last_status: int | None
    last_problem: str | None
    delivered_at: str | None


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None


class EventPage(BaseModel):
    items: list[dict[str, Any]]
    next_cursor: str | None


@blueprint.get("/events", summary="List events", responses={200: EventPage})
@authorised("events:read")
def list_events(query: PageQuery) -> dict[str, Any]:
    """Newest first; the same documents that webhooks carry."""
    with services().unit_of_work(read_only=True) as work:
        rows = select(EventRow).where(EventRow.unit_id.in_(caller().unit_ids))
        before_id = query.before_id()
        if before_id:
            rows = rows.where(EventRow.id < before_id)
        found = work.session.scalars(rows.order_by(EventRow.id.desc()).limit(query.limit)).all()
        return page_body(found, query, lambda row: row.id, event_document)


@blueprint.post("/webhook-endpoints", summary="Receive events by POST", responses={201: EndpointOut})
@authorised("webhooks:write")
def create_endpoint(body: EndpointIn) -> Response:
    """Register an address; deliveries are signed as Standard Webhooks say, with the secret in this answer."""
    services().address_guard(body.url)

    def make(work: UnitOfWork) -> Answer:
        row = WebhookEndpointRow(
            id=new_id(),
            unit_id=caller().unit_id,
            client_id=caller().client_id,
            url=body.url,
            event_types=body.event_types,
            created_at=now(),
        )
        work.session.add(row)
        work.audited(caller().actor, "webhook-endpoint.created", row.id, row.unit_id, now(), url=body.url)
        return EndpointOut(id=row.id, url=row.url, event_types=row.event_types, secret=None).model_dump(), 201

    response = write_once(body, make)
    # Added outside what is kept for repetitions: no table holds the secret, and it can always be derived again.
    answer = response.get_json()
    key = endpoint_key(services().secrets.read(services().settings.master_secret), answer["id"])
    response.set_data(EndpointOut(**{**answer, "secret": shown_secret(key)}).model_dump_json())
    return response


@blueprint.get(
    "/webhook-endpoints/<endpoint_id>/deliveries",
    summary="Follow deliveries to an endpoint",
    responses={200: DeliveryPage},
)
@authorised("events:read")
def list_deliveries(path: EndpointPath, query: PageQuery) -> dict[str, Any]:
    """Newest first, with what the receiver last answered."""
    with services().unit_of_work(read_only=True) as work:
        endpoint = work.session.get(WebhookEndpointRow, path.endpoint_id)
        if endpoint is None or endpoint.unit_id not in caller().unit_ids:
            raise ApiProblem("webhook-endpoint-not-found")
        rows = select(WebhookDeliveryRow).where(WebhookDeliveryRow.endpoint_id == endpoint.id)
        before_id = query.before_id()
        if before_id:
            rows = rows.where(WebhookDeliveryRow.id < before_id)
        found = work.session.scalars(rows.order_by(WebhookDeliveryRow.id.desc()).limit(query.limit)).all()
        return page_body(found, query, lambda row: row.id, _delivery)


def _delivery(row: WebhookDeliveryRow) -> dict[str, Any]:
    return DeliveryOut(
        id=row.id,
        event_id=row.event_id,
        state=row.state,
        attempts=row.attempts,
        last_status=row.last_status,
        last_problem=row.last_problem,
        delivered_at=row.delivered_at.isoformat() if row.delivered_at else None,
    ).model_dump()
