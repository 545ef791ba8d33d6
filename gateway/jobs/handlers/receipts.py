"""Receipts of paid orders: numbered once, then drawn and sealed, however often that is begun."""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select

from certs.errors import CertsError
from config.confinement import ConfinementError
from config.identifiers import new_id
from config.secrets import SecretUnavailable
from gateway.db.outbox import Task
from gateway.db.tables.callers import UnitRow
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.work import OutboxRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.jobs.handlers.provider_receipts import PROVIDER_RECEIPT_TASK
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.key_holds import hold_key
from gateway.payment_events import RECEIPTS_TASK, recorder
from gateway.receipt_seal import UnitHasNoSeal, UnitSeal, receipt_url
from gateway.services import Services
from gateway.signing_engine import ResultNotGood
from payments.errors import FeeOrderNotPaid, ReceiptSeriesClosed, ReceiptSeriesUnsound
from payments.journeys import (
    Press,
    SealedReceipt,
    draw_sealed_receipt,
    issue_receipts,
    receipt_facts,
    record_sealed,
)
from payments.providers.base import GivesReceipts
from payments.receipts.document import ReceiptFacts
from payments.receipts.forms import receipt_forms
from payments.receipts.seal import SealedFile
from payments.states import ReceiptState
from payments.store.tables import FeeOrderRow, ReceiptRow
from signing.errors import SigningError
from signing.errors.keys import PinIncorrect, PinLocked

log = structlog.get_logger()
ACTOR = "system:payments"
# A receipt that nobody has sealed for this long, and for which no task is due, was lost sight of.
FORGOTTEN_AFTER = timedelta(minutes=5)
BATCH = 50


def work_on_receipts(services: Services, task: Task, now: datetime) -> Outcome:
    """Number a paid order's receipts once, then draw, seal and keep each."""
    try:
        receipts = _numbered(services, task.subject_id, now)
    except FeeOrderNotPaid:
        # Taken back at the counter before anybody numbered a receipt.
        return Done()
    except (ReceiptSeriesClosed, ReceiptSeriesUnsound) as error:
        log.warning("an order waits for a series of receipts", order_id=task.subject_id, fact=str(error))
        return Later(error.code, datetime.now(UTC) + backoff(task.attempts))
    for receipt in receipts:
        if receipt.state != ReceiptState.NUMBERED:
            continue
        problem = _seal(services, receipt)
        if problem is not None:
            return Later(problem, datetime.now(UTC) + backoff(task.attempts, most_seconds=300))
    return Done()


def _numbered(services: Services, order_id: str, now: datetime) -> list[ReceiptRow]:
    with services.unit_of_work() as work:
        order = work.payments.get_order(order_id)
        unit = work.session.get_one(UnitRow, order.unit_id)
        issue_receipts(
            work.payments,
            order.id,
            forms=receipt_forms(services.settings.receipts),
            unit_name=unit.name,
            now=now,
            record=recorder(work, ACTOR, now),
        )
        _ask_provider_for_its_own(services, work, order, now)
        work.commit()
        return work.payments.receipts.of_order(order.id)


def _ask_provider_for_its_own(services: Services, work: UnitOfWork, order: FeeOrderRow, now: datetime) -> None:
    attempt = work.payments.get_attempt(order.paid_attempt_id) if order.paid_attempt_id else None
    giving = {provider.name for provider in services.providers if isinstance(provider, GivesReceipts)}
    if attempt is not None and attempt.provider in giving:
        work.due(PROVIDER_RECEIPT_TASK, attempt.id, order.unit_id, now)


def _seal(services: Services, receipt: ReceiptRow) -> str | None:
    """Draw and seal one receipt; returns what stands in the way, or None when it is done."""
    seal = UnitSeal(services, receipt.unit_id, receipt.unit_name)
    try:
        facts = _facts(services, receipt)
        with services.blobs.scratch() as folder:
            press = Press(folder, services.settings.fonts_folder, services.receipt_form, receipt_url(services, receipt))
            sealed = draw_sealed_receipt(facts, receipt.id, press, seal)
            for path in (sealed.path, sealed.xml_path):
                services.blobs.put_file(path)
            _keep(services, receipt, sealed)
    except (PinIncorrect, PinLocked) as error:
        _hold(services, seal, error.code)
        return error.code
    except (SigningError, CertsError, SecretUnavailable, ConfinementError, ResultNotGood, UnitHasNoSeal) as error:
        log.warning("a receipt waits for its seal", receipt_id=receipt.id, problem=error.code, fact=str(error))
        return error.code
    return None


def _facts(services: Services, receipt: ReceiptRow) -> ReceiptFacts:
    with services.unit_of_work(read_only=True) as work:
        return receipt_facts(receipt, work.payments.receipts.get(receipt.replaces_id) if receipt.replaces_id else None)


def _keep(services: Services, receipt: ReceiptRow, sealed: SealedReceipt) -> None:
    now = datetime.now(UTC)
    pdf = _document(receipt, sealed.file, "pdf", {"signable": True, "signature_count": 1}, now)
    xml = _document(receipt, sealed.xml_file, "xml", {"signable": False, "signature_count": 1}, now)
    with services.unit_of_work() as work:
        record = recorder(work, ACTOR, now)
        row = record_sealed(work.payments, sealed, document_id=pdf.id, xml_document_id=xml.id, now=now, record=record)
        if row.document_id == pdf.id:
            work.session.add_all((pdf, xml))
        work.commit()


def _document(
    receipt: ReceiptRow, file: SealedFile, kind: str, inspection: dict[str, object], now: datetime
) -> DocumentRow:
    return DocumentRow(
        id=new_id(),
        unit_id=receipt.unit_id,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        filename=f"bien-lai-{receipt.series}-{receipt.printed_number}.{kind}".replace("/", "-"),
        media_type=f"application/{kind}",
        inspection=inspection,
        created_by=ACTOR,
        created_at=now,
    )


def _hold(services: Services, seal: UnitSeal, code: str) -> None:
    now = datetime.now(UTC)
    certificate = seal.certificate()
    with services.unit_of_work() as work:
        hold_key(work, certificate.id, code, ACTOR, now)
        work.commit()
    services.key_sources.close_all()


def wake_forgotten_receipts(services: Services, now: datetime) -> None:
    """Make due the sealing of receipts that were numbered and that no task is about any more. A sweep calls this."""
    with services.unit_of_work() as work:
        waiting = select(OutboxRow.subject_id).where(OutboxRow.kind == RECEIPTS_TASK, OutboxRow.state == "due")
        due = set(work.session.scalars(waiting))
        forgotten = [
            row for row in work.payments.receipts.unsealed(now - FORGOTTEN_AFTER, BATCH) if row.order_id not in due
        ]
        for row in forgotten:
            work.due(RECEIPTS_TASK, row.order_id, row.unit_id, now)
        if forgotten:
            work.commit()
