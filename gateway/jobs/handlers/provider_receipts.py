"""Providers' own receipts of payments: fetched once and kept among the blobs; a failure is told and tried again."""

import io
from datetime import UTC, datetime
from typing import Final

import structlog

from config.secrets import SecretUnavailable
from gateway.db.outbox import Task
from gateway.jobs.outcome import Done, GaveUp, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.services import Services
from payments.errors import ProviderUnavailable, ProviderUnknown
from payments.providers.base import GivesReceipts, QueryRequest
from payments.providers.dvcqg.provider import MOST_RECEIPT_BYTES
from payments.store.counter_tables import ProviderReceiptRow

log = structlog.get_logger()
PROVIDER_RECEIPT_TASK: Final = "provider-receipt"
# Some days of trying, an hour apart in the end.
MOST_TRIES = 100


def keep_provider_receipt(services: Services, task: Task, now: datetime) -> Outcome:
    """Fetch the provider's receipt of an attempt, unless it is there."""
    with services.unit_of_work(read_only=True) as work:
        attempt = work.payments.get_attempt(task.subject_id)
        known = work.payments.counter.find_provider_receipt(attempt.id)
    if known is not None:
        return Done()
    try:
        provider = services.providers.named(attempt.provider)
        if not isinstance(provider, GivesReceipts):
            return Done()
        asked = QueryRequest(attempt.reference, attempt.amount, attempt.started_at, attempt.provider_reference)
        content = provider.fetch_receipt(asked)
    except (ProviderUnavailable, ProviderUnknown, SecretUnavailable) as error:
        log.warning("a provider's receipt is not had yet", attempt_id=attempt.id, problem=error.code, fact=str(error))
        if task.attempts >= MOST_TRIES:
            return GaveUp(error.code)
        return Later(error.code, datetime.now(UTC) + backoff(task.attempts, most_seconds=3600))
    blob = services.blobs.put_stream(io.BytesIO(content), MOST_RECEIPT_BYTES)
    with services.unit_of_work() as work:
        row = ProviderReceiptRow(
            attempt_id=attempt.id,
            unit_id=attempt.unit_id,
            order_id=attempt.order_id,
            sha256=blob.sha256,
            size_bytes=blob.size_bytes,
            fetched_at=now,
        )
        work.payments.counter.add_provider_receipt(row)
        details = {"order_id": attempt.order_id, "document_sha256": blob.sha256}
        work.audited("system:payments", "provider-receipt.kept", attempt.id, attempt.unit_id, now, **details)
        work.commit()
    return Done()
