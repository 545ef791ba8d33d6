"""The weekly self-check of one key, and the first proof of a key whose certificate was just taken in."""

from datetime import UTC, datetime

from config.secrets import SecretUnavailable
from gateway.certificate_care import check_one
from gateway.db.outbox import Task
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.services import Services
from signing.errors.keys import KeySourceTimedOut, KeySourceUnavailable, TokenAbsent

# What may mend itself: looked at again the same day. Anything else has been told and waits for a person.
PASSING = frozenset(error.code for error in (TokenAbsent, KeySourceTimedOut, KeySourceUnavailable, SecretUnavailable))


def check_due_key(services: Services, task: Task, now: datetime) -> Outcome:
    """Let the key sign a nonce; a token that is absent is asked again later."""
    check = check_one(services, task.subject_id)
    if check is None or check.code not in PASSING:
        return Done()
    return Later(check.code, datetime.now(UTC) + backoff(task.attempts, first_seconds=60, most_seconds=21_600))
