"""What workers do: each kind of task with its handler, and the sweeps that look at the clock."""

from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.archive import ARCHIVE_TASK, RENEWAL_TASK
from gateway.certificate_care import REFRESH_TASK, announce_expiring, make_self_checks_due
from gateway.certificate_inventory import SELF_CHECK_TASK
from gateway.jobs.handlers.archive import archive_document, renew_archive
from gateway.jobs.handlers.augmentation import work_on_augmentation
from gateway.jobs.handlers.events import deliver_webhook, fan_out_event
from gateway.jobs.handlers.evidence import TASK as EVIDENCE_TASK
from gateway.jobs.handlers.evidence import work_on_evidence
from gateway.jobs.handlers.expiry import expire_signing_requests
from gateway.jobs.handlers.payments import (
    ask_about_silent_attempts,
    close_expired_orders,
    send_due_refunds,
    settle_forgotten_callbacks,
)
from gateway.jobs.handlers.provider_receipts import PROVIDER_RECEIPT_TASK, keep_provider_receipt
from gateway.jobs.handlers.receipts import wake_forgotten_receipts, work_on_receipts
from gateway.jobs.handlers.revocation import prefetch_status, refresh_status
from gateway.jobs.handlers.self_check import check_due_key
from gateway.jobs.handlers.signing import work_on_request
from gateway.jobs.handlers.timestamps import work_on_timestamp
from gateway.jobs.handlers.trusted_lists import work_on_trusted_list
from gateway.jobs.handlers.validation import work_on_validation
from gateway.jobs.runner import Handler
from gateway.payment_events import RECEIPTS_TASK
from gateway.revocation_care import PREFETCH_TASK, make_prefetches_due
from gateway.services import Services
from gateway.trusted_lists.refreshing import TASK as TRUSTED_LIST_TASK
from gateway.trusted_lists.refreshing import schedule_lists

HANDLERS: Mapping[str, Handler] = {
    "signing": work_on_request,
    "validation": work_on_validation,
    "augmentation": work_on_augmentation,
    EVIDENCE_TASK: work_on_evidence,
    "timestamp": work_on_timestamp,
    ARCHIVE_TASK: archive_document,
    RENEWAL_TASK: renew_archive,
    "event-fan-out": fan_out_event,
    "webhook-delivery": deliver_webhook,
    TRUSTED_LIST_TASK: work_on_trusted_list,
    RECEIPTS_TASK: work_on_receipts,
    PROVIDER_RECEIPT_TASK: keep_provider_receipt,
    SELF_CHECK_TASK: check_due_key,
    REFRESH_TASK: refresh_status,
    PREFETCH_TASK: prefetch_status,
}

SWEEPS: tuple[Callable[[Services, datetime], None], ...] = (
    expire_signing_requests,
    close_expired_orders,
    settle_forgotten_callbacks,
    wake_forgotten_receipts,
    ask_about_silent_attempts,
    send_due_refunds,
    announce_expiring,
    make_self_checks_due,
    make_prefetches_due,
    schedule_lists,
)
