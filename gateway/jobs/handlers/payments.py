"""Receipts of paid orders, and the sweeps that find money whose news was lost."""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from certs.errors import CertsError
from config.confinement import ConfinementError
from config.identifiers import new_id
from config.secrets import SecretUnavailable
from gateway.callbacks.payments import settle_kept
from gateway.db.outbox import Task
from gateway.db.tables.callers import UnitRow
from gateway.db.tables.documents import DocumentRow
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.key_holds import hold_key
from gateway.payment_events import recorder
from gateway.receipt_seal import UnitHasNoSeal, UnitSeal
from gateway.services import Services
from gateway.signing_engine import ResultNotGood
from payments.journeys import (
    SealedReceipt,
    draw_sealed_receipt,
    expire_orders,
    issue_receipts,
    query_stale,
    record_sealed,
    send_refunds,
)
from payments.receipts.forms import receipt_forms
from payments.states import ReceiptState
from payments.store.tables import ProviderCallbackRow, ReceiptRow
from signing.errors import SigningError
from signing.errors.keys import PinIncorrect, PinLocked

log = structlog.get_logger()
ACTOR = "system:payments"
# A call that was kept but not settled for this long was cut off by a fault of ours.
UNSETTLED_AFTER = timedelta(seconds=30)
BATCH = 50


def work_on_receipts(services: Services, task: Task, now: datetime) -> Outcome:
    """Number a paid order's receipts once, then draw, seal and keep each."""
    with services.unit_of_work() as work:
        order = work.payments.get_order(task.subject_id)
        unit = work.session.get_one(UnitRow, order.unit_id)
        receipts = issue_receipts(
            work.payments,
            order.id,
            forms=receipt_forms(services.settings.receipts),
            unit_name=unit.name,
            now=now,
            record=recorder(work, ACTOR, now),
        )
        work.commit()
    for receipt in receipts:
        if receipt.state != ReceiptState.NUMBERED:
            continue
        problem = _seal(services, receipt)
        if problem is not None:
            return Later(problem, datetime.now(UTC) + backoff(task.attempts, most_seconds=300))
    return Done()


def _seal(services: Services, receipt: ReceiptRow) -> str | None:
    """Draw and seal one receipt; returns what stands in the way, or None when it is done."""
    seal = UnitSeal(services, receipt.unit_id, receipt.unit_name)
    url = f"{services.settings.public_url}/receipts/{receipt.code}"
    try:
        with services.blobs.scratch() as folder:
            sealed = draw_sealed_receipt(
                receipt, receipt_url=url, folder=folder, fonts_folder=services.settings.fonts_folder, seal=seal
            )
            services.blobs.put_file(sealed.path)
            _keep(services, receipt, sealed)
    except (PinIncorrect, PinLocked) as error:
        _hold(services, seal, error.code)
        return error.code
    except (SigningError, CertsError, SecretUnavailable, ConfinementError, ResultNotGood, UnitHasNoSeal) as error:
        log.warning("a receipt waits for its seal", receipt_id=receipt.id, problem=error.code, fact=str(error))
        return error.code
    return None


def _keep(services: Services, receipt: ReceiptRow, sealed: SealedReceipt) -> None:
    now = datetime.now(UTC)
    document = DocumentRow(
        id=new_id(),
        unit_id=receipt.unit_id,
        sha256=sealed.file.sha256,
        size_bytes=sealed.file.size_bytes,
        filename=f"bien-lai-{receipt.series}-{receipt.printed_number}.pdf".replace("/", "-"),
        media_type="application/pdf",
        inspection={"signable": True, "signature_count": 1},
        created_by=ACTOR,
        created_at=now,
    )
    with services.unit_of_work() as work:
        record = recorder(work, ACTOR, now)
        row = record_sealed(work.payments, sealed, document_id=document.id, now=now, record=record)
        if row.document_id == document.id:
            work.session.add(document)
        work.commit()


def _hold(services: Services, seal: UnitSeal, code: str) -> None:
    now = datetime.now(UTC)
    certificate = seal.certificate()
    with services.unit_of_work() as work:
        hold_key(work, certificate.id, code, ACTOR, now)
        work.commit()
    services.key_sources.close_all()


def settle_forgotten_callbacks(services: Services, now: datetime) -> None:
    """Settle calls that were kept but never settled: the citizen whose news we lost is found by us."""
    with services.unit_of_work(read_only=True) as work:
        forgotten = work.payments.callbacks.unsettled(now - UNSETTLED_AFTER, BATCH)
        names = {found: work.session.get_one(ProviderCallbackRow, found).provider for found in forgotten}
    for callback_id in forgotten:
        try:
            settle_kept(services, services.providers.named(names[callback_id]), callback_id, now)
        except SQLAlchemyError:
            raise
        except Exception:
            # One call that cannot be settled, of a provider that is no longer set, say, must not hide those after it.
            log.exception("a kept callback could not be settled", callback_id=callback_id)


def ask_about_silent_attempts(services: Services, now: datetime) -> None:
    """Ask providers about attempts of which nothing final is known."""
    query_stale(services.unit_of_work, services.providers.named, now=now)


def send_due_refunds(services: Services, now: datetime) -> None:
    """Send approved refunds and ask about those under way."""
    send_refunds(services.unit_of_work, services.providers.named, now=now)


def close_expired_orders(services: Services, now: datetime) -> None:
    """Close fee orders whose time is over and for which no money can be under way."""
    with services.unit_of_work() as work:
        if expire_orders(work.payments, now=now, record=recorder(work, "system:clock", now)):
            work.commit()
