"""Webhooks in a dossier's story."""

from collections.abc import Collection

from sqlalchemy import select

from gateway.db.tables.work import EventRow, OutboxRow, WebhookDeliveryRow, WebhookEndpointRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.names import Names
from gateway.pages.story_list import overall
from gateway.web.story_views import DeliveryView, StepKind, StepState, StoryStep

STATES = {"waiting": StepState.RETRYING, "delivered": StepState.DONE, "failed": StepState.FAILED}


def delivery_step(work: UnitOfWork, names: Names, subject_ids: Collection[str]) -> list[StoryStep]:
    """Return all deliveries of events about the subjects as one step, where the last of them stands in time.

    They come between all the other steps and would bury them.
    """
    due = (OutboxRow.subject_id == WebhookDeliveryRow.id) & (OutboxRow.kind == "webhook-delivery")
    query = (
        select(WebhookDeliveryRow, EventRow, WebhookEndpointRow, OutboxRow)
        .join(EventRow, EventRow.id == WebhookDeliveryRow.event_id)
        .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
        .outerjoin(OutboxRow, due)
        .where(EventRow.subject_id.in_(subject_ids))
        .order_by(WebhookDeliveryRow.created_at, WebhookDeliveryRow.id)
    )
    rows = work.session.execute(query).all()
    if not rows:
        return []
    views = tuple(_view(names, *row) for row in rows)
    at = max(delivery.delivered_at or delivery.created_at for delivery, *_ in rows)
    clients = {endpoint.client_id for _, _, endpoint, _ in rows}
    actor = names.client(clients.pop()) if len(clients) == 1 else None
    state = overall(view.state for view in views)
    return [StoryStep(StepKind.WEBHOOK_DELIVERED, state, at, actor, deliveries=views)]


def _view(
    names: Names,
    delivery: WebhookDeliveryRow,
    event: EventRow,
    endpoint: WebhookEndpointRow,
    task: OutboxRow | None,
) -> DeliveryView:
    waits = delivery.state == "waiting" and task is not None and task.state == "due"
    # A delivery that nobody has tried yet is not one that failed.
    state = StepState.WAITING if waits and not delivery.attempts else STATES[delivery.state]
    return DeliveryView(
        event_name=names.event(event.type),
        event_type=event.type,
        address=endpoint.url,
        attempts=delivery.attempts,
        state=state,
        response_status=delivery.last_status,
        last_attempt_at=delivery.delivered_at,
        next_attempt_at=task.due_at if waits and task else None,
    )
