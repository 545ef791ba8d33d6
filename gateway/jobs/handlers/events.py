"""From an event to deliveries, and from a delivery to a signed POST."""

from datetime import UTC, datetime

import requests
import structlog
from sqlalchemy import select

from certs.errors import AddressNotAllowed
from certs.model import Purpose
from config.identifiers import new_id
from gateway.db.outbox import Task
from gateway.db.tables.work import EventRow, WebhookDeliveryRow, WebhookEndpointRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.jobs.outcome import Done, GaveUp, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.payment_events import recorder
from gateway.services import Services
from gateway.webhooks import endpoint_key, event_body, signature
from payments.journeys import mark_delivered

log = structlog.get_logger()


def fan_out_event(services: Services, task: Task, now: datetime) -> Outcome:
    """Make one delivery for each endpoint of the event's unit that wants this type."""
    with services.unit_of_work() as work:
        event = work.session.get(EventRow, task.subject_id)
        if event is None:
            return GaveUp("event-missing")
        endpoints = select(WebhookEndpointRow).where(
            WebhookEndpointRow.unit_id == event.unit_id, WebhookEndpointRow.disabled_at.is_(None)
        )
        known = set(
            work.session.scalars(select(WebhookDeliveryRow.endpoint_id).where(WebhookDeliveryRow.event_id == event.id))
        )
        for endpoint in work.session.scalars(endpoints):
            wanted = not endpoint.event_types or event.type in endpoint.event_types
            if wanted and endpoint.id not in known:
                delivery = WebhookDeliveryRow(
                    id=new_id(),
                    unit_id=event.unit_id,
                    event_id=event.id,
                    endpoint_id=endpoint.id,
                    state="waiting",
                    attempts=0,
                    created_at=now,
                )
                work.session.add(delivery)
                work.due("webhook-delivery", delivery.id, event.unit_id, now)
        work.commit()
    return Done()


def deliver_webhook(services: Services, task: Task, now: datetime) -> Outcome:
    """POST one event to one endpoint; anything but a 2xx answer is tried again later, at most so many times."""
    with services.unit_of_work(read_only=True) as work:
        delivery = work.session.get(WebhookDeliveryRow, task.subject_id)
        event = work.session.get(EventRow, delivery.event_id) if delivery else None
        endpoint = work.session.get(WebhookEndpointRow, delivery.endpoint_id) if delivery else None
    if delivery is None or event is None or endpoint is None:
        return GaveUp("delivery-missing")
    if delivery.state == "delivered":
        return Done()
    if endpoint.disabled_at is not None:
        return GaveUp("endpoint-disabled")
    status, problem = _post(services, endpoint, event)
    return _record(services, delivery.id, status, problem)


def _post(services: Services, endpoint: WebhookEndpointRow, event: EventRow) -> tuple[int | None, str | None]:
    body, sent_at = event_body(event), datetime.now(UTC)
    key = endpoint_key(services.secrets.read(services.settings.master_secret), endpoint.id)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "signature-payment-gateway",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature(key, event.id, sent_at, body),
    }
    timeout = services.settings.webhooks.timeout_seconds
    trusted = services.partner_trust.ca_file(Purpose.TLS)
    try:
        services.address_guard(endpoint.url)
        with requests.post(
            endpoint.url,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
            verify=True if trusted is None else str(trusted),
        ) as answer:
            return answer.status_code, None if answer.ok and answer.status_code < 300 else "not-accepted"
    except AddressNotAllowed as error:
        return None, error.code
    except requests.RequestException as error:
        return None, type(error).__name__


def _note_receipt(work: UnitOfWork, event_id: str, now: datetime) -> None:
    """A sealed receipt counts as delivered once a processing system has taken the news of it."""
    event = work.session.get_one(EventRow, event_id)
    if event.type == "receipt.issued":
        record = recorder(work, "system:webhooks", now)
        mark_delivered(work.payments, event.subject_id, now=now, record=record)


def _record(services: Services, delivery_id: str, status: int | None, problem: str | None) -> Outcome:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        delivery = work.session.get_one(WebhookDeliveryRow, delivery_id, with_for_update=True)
        delivery.attempts += 1
        delivery.last_status, delivery.last_problem = status, problem
        exhausted = delivery.attempts >= services.settings.webhooks.attempts
        if problem is None:
            delivery.state, delivery.delivered_at = "delivered", now
            _note_receipt(work, delivery.event_id, now)
        elif exhausted:
            delivery.state = "failed"
        attempts = delivery.attempts
        work.commit()
    if problem is None:
        return Done()
    log.info("a webhook was not taken", delivery_id=delivery_id, status=status, problem=problem)
    return (
        GaveUp(problem) if exhausted else Later(problem, now + backoff(attempts, first_seconds=5, most_seconds=21600))
    )
