"""Webhooks in a dossier's story."""

from collections.abc import Collection

from sqlalchemy import select

from gateway.db.tables.work import EventRow, OutboxRow, WebhookDeliveryRow, WebhookEndpointRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.names import Names
from gateway.web.view_models import DeliveryView, StepKind, StepState, StoryStep

STATES = {"waiting": StepState.RETRYING, "delivered": StepState.DONE, "failed": StepState.FAILED}


def delivery_steps(work: UnitOfWork, names: Names, subject_ids: Collection[str]) -> list[StoryStep]:
    """Return one step for each delivery of an event about one of the subjects."""
    due = (OutboxRow.subject_id == WebhookDeliveryRow.id) & (OutboxRow.kind == "webhook-delivery")
    query = (
        select(WebhookDeliveryRow, EventRow, WebhookEndpointRow, OutboxRow)
        .join(EventRow, EventRow.id == WebhookDeliveryRow.event_id)
        .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
        .outerjoin(OutboxRow, due)
        .where(EventRow.subject_id.in_(subject_ids))
    )
    rows = work.session.execute(query).tuples().all()
    return [_step(names, delivery, event, endpoint, task) for delivery, event, endpoint, task in rows]


def _step(
    names: Names,
    delivery: WebhookDeliveryRow,
    event: EventRow,
    endpoint: WebhookEndpointRow,
    task: OutboxRow | None,
) -> StoryStep:
    waits = delivery.state == "waiting" and task is not None and task.state == "due"
    # A delivery that nobody has tried yet is not one that failed.
    state = StepState.WAITING if waits and not delivery.attempts else STATES[delivery.state]
    view = DeliveryView(
        event_name=names.event(event.type),
        event_type=event.type,
        address=endpoint.url,
        attempts=delivery.attempts,
        state=state,
        response_status=delivery.last_status,
        last_attempt_at=delivery.delivered_at,
        next_attempt_at=task.due_at if waits and task else None,
    )
    actor = names.client(endpoint.client_id)
    at = delivery.delivered_at or delivery.created_at
    return StoryStep(StepKind.WEBHOOK_DELIVERED, state, at, actor, deliveries=(view,))
