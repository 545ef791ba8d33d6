"""Asking CAs about one certificate: because somebody wants to know now, or because kept answers end soon."""

from datetime import datetime

from gateway.certificate_care import refresh_revocation
from gateway.db.outbox import Task
from gateway.jobs.outcome import Done, Outcome
from gateway.revocation_care import prefetch_answers
from gateway.services import Services


def refresh_status(services: Services, task: Task, now: datetime) -> Outcome:
    """Ask once; an address that gives no answer keeps its last one, and whoever asked sees how old that is."""
    refresh_revocation(services, now, task.subject_id)
    return Done()


def prefetch_status(services: Services, task: Task, now: datetime) -> Outcome:
    """Ask once; when to ask again stands with the certificate."""
    prefetch_answers(services, task.subject_id, now)
    return Done()
