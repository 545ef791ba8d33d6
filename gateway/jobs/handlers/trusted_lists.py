"""Looks for a newer version of one trusted list."""

from datetime import datetime

from certs.errors import TrustedListStateConflict, TrustedListUnknown
from gateway.db.outbox import Task
from gateway.jobs.outcome import Done, GaveUp, Outcome
from gateway.services import Services
from gateway.trusted_lists.refreshing import refresh_list


def work_on_trusted_list(services: Services, task: Task, now: datetime) -> Outcome:
    """Refresh a list; what is wrong with a version stays with the list, and the sweep comes back by itself."""
    try:
        refresh_list(services, task.subject_id, now)
    except (TrustedListUnknown, TrustedListStateConflict) as error:
        return GaveUp(error.code)
    return Done()
