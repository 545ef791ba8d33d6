"""From what happened to money to events, audit entries and work that becomes due, in the same transaction."""

from datetime import datetime

from gateway.db.unit_of_work import UnitOfWork
from payments.events import DomainEvent, Record

RECEIPTS_TASK = "receipts"


def recorder(work: UnitOfWork, actor: str, now: datetime) -> Record:
    """Return the port through which payments' journeys tell what they did."""

    def record(event: DomainEvent) -> None:
        work.happened(event.type, event.subject_id, event.unit_id, event.data, now)
        work.audited(actor, event.type, event.subject_id, event.unit_id, now, **_evidence(event))
        if event.type == "order.paid":
            work.due(RECEIPTS_TASK, event.subject_id, event.unit_id, now)

    return record


def _evidence(event: DomainEvent) -> dict[str, object]:
    """Return what the audit trail keeps of an event: references and amounts, nobody's name."""
    kept = (
        "order_id",
        "dossier_code",
        "amount_minor",
        "currency",
        "provider",
        "attempt_id",
        "number",
        "document_sha256",
        "refund_id",
        "officer",
        "by",
    )
    return {name: event.data[name] for name in kept if name in event.data}
