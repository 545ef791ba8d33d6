"""Asks for a time-stamp over a digest and keeps its token."""

from datetime import UTC, datetime

import structlog

from gateway.db.outbox import Task
from gateway.db.tables.evidence import TimestampRow
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.services import Services
from signing.errors.signatures import AlgorithmNotAllowed
from signing.errors.timestamps import TimestampError

log = structlog.get_logger()
ACTOR = "system:timestamps"
# At five minutes apart: about eight hours, in which one of the authorities should have come back.
TRIES = 100


def work_on_timestamp(services: Services, task: Task, now: datetime) -> Outcome:
    """Ask once; a silent authority is asked again later, a token is checked before it is kept."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(TimestampRow, task.subject_id)
    if row is None or row.state != "waiting":
        return Done()
    token, problem = None, None
    try:
        token = services.time_stamping.timestamp(bytes.fromhex(row.digest), row.digest_algorithm)
    except (TimestampError, AlgorithmNotAllowed) as error:
        problem = error.code
        if isinstance(error, TimestampError) and task.attempts < TRIES:
            log.warning("a time-stamp has to wait", timestamp_id=row.id, problem=problem)
            return _wait(services, row.id, problem, task)
    finished = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(TimestampRow, row.id, with_for_update=True)
        if kept.state != "waiting":
            return Done()
        kept.state, kept.problem_code, kept.completed_at = "completed" if token else "failed", problem, finished
        data = {"document_id": kept.document_id, "digest": kept.digest, "problem_code": problem}
        if token is not None:
            kept.token, kept.gen_time = token.der, token.gen_time
            kept.authority_name, kept.policy = token.authority_name, token.policy
            data["gen_time"] = token.gen_time.isoformat()
        work.audited(ACTOR, f"timestamp.{kept.state}", kept.id, kept.unit_id, finished, **data)
        work.happened(f"timestamp.{kept.state}", kept.id, kept.unit_id, data, finished)
        work.commit()
    return Done()


def _wait(services: Services, timestamp_id: str, code: str, task: Task) -> Outcome:
    with services.unit_of_work() as work:
        kept = work.session.get_one(TimestampRow, timestamp_id, with_for_update=True)
        kept.problem_code = code
        work.commit()
    return Later(code, datetime.now(UTC) + backoff(task.attempts, most_seconds=300))
