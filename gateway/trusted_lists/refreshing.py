"""Newer versions of lists: accepted when all is well, else the one in force goes on serving and the reason is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO

import structlog

from certs.errors import CertsError, TrustedListStateConflict
from certs.model import Purpose
from certs.trusted_lists.acceptance import check_follows, check_timely, next_signers
from certs.trusted_lists.model import SignedList, TrustedList
from certs.trusted_lists.services import listed_anchors
from certs.trusted_lists.store import ListState, TrustedListRow
from config.confinement import ConfinementError
from gateway.db.unit_of_work import UnitOfWork
from gateway.services import Services
from gateway.trusted_lists.fetching import MAX_SIZE_BYTES, fetch, read, trusted_signers
from gateway.trusted_lists.members import follow_members

log = structlog.get_logger()

TASK = "trusted-list"
ACTOR = "system:trusted-lists"
# A list changes a few times a month and lasts at most six; what it withdraws should count here within the day.
EVERY = timedelta(hours=6)
# When the next update is near or overdue the scheme operator is about to publish.
EVERY_NEAR_THE_END = timedelta(hours=1)
NEAR_THE_END = timedelta(days=2)


@dataclass(frozen=True)
class ListRefreshed:
    """What came of looking for a newer version; code is empty where all is well."""

    list_id: str
    territory: str
    sequence_number: int
    changed: bool
    code: str = ""
    fact: str = ""


def schedule_lists(services: Services, now: datetime) -> None:
    """Make the looking for newer versions due where its time has come. A sweep calls this."""
    with services.unit_of_work() as work:
        due = work.trusted_lists.due(now)
        for row in due:
            row.next_check_at = now + _pause(row.next_update, now)
            work.due(TASK, row.id, row.unit_id, now)
        if due:
            work.commit()


def refresh_list(services: Services, list_id: str, now: datetime, content: bytes | None = None) -> ListRefreshed:
    """Look for a newer version of a list and put it in force if it is one; what is wrong with it is a finding.

    Args:
        content: A version that someone brought as a file; None fetches it from the list's address.
    Raises:
        TrustedListUnknown: None has that id.
        TrustedListStateConflict: It is not followed, or has no address and no file was brought.
    """
    with services.unit_of_work(read_only=True) as work:
        row = work.trusted_lists.get(list_id)
    if row.state != ListState.ACTIVE:
        raise TrustedListStateConflict(f"the list is {row.state}, not followed")
    if content is None and row.location is None:
        raise TrustedListStateConflict("the list has no address: bring its newer version as a file")
    try:
        data = content if content is not None else fetch(services, row.location or "")
        if sha256(data).hexdigest() == row.content_sha256:
            return _unchanged(services, row, now)
        found = read(services, data, now)
        check_timely(found.content, now)
        trusted = trusted_signers(services, found, frozenset(row.signers), row.sequence_number, now)
        return _accept(services, list_id, found, trusted, data, now)
    except (CertsError, ConfinementError) as error:
        return _refuse(services, list_id, error, now)


def _accept(
    services: Services, list_id: str, found: SignedList, trusted: frozenset[str], data: bytes, now: datetime
) -> ListRefreshed:
    blob = services.blobs.put_stream(BytesIO(data), MAX_SIZE_BYTES)
    with services.unit_of_work() as work:
        row = work.trusted_lists.get(list_id, for_update=True)
        # Another worker may have put a version in force, or a person ended the list, while this one was read.
        if row.state != ListState.ACTIVE:
            raise TrustedListStateConflict(f"the list is {row.state}, not followed")
        check_follows(found.content, row.territory, row.sequence_number, row.issued_at or found.content.issued_at)
        before = row.sequence_number
        row.signers = sorted(trusted if row.parent_id else next_signers(found, trusted))
        _put_in_force(work, row, found.content, blob.sha256, now)
        details = {"sequence_number": row.sequence_number, "before": before, "content_sha256": blob.sha256}
        work.audited(ACTOR, "trusted-list.accepted", row.id, row.unit_id, now, **details)
        work.commit()
    log.info("a trusted list has a new version", territory=row.territory, sequence_number=row.sequence_number)
    return ListRefreshed(row.id, row.territory, row.sequence_number, changed=True)


def _put_in_force(work: UnitOfWork, row: TrustedListRow, content: TrustedList, sha256_: str, now: datetime) -> None:
    anchors = listed_anchors(content, [Purpose(purpose) for purpose in row.purposes])
    work.trusted_lists.put_in_force(row, content, sha256_, anchors)
    _note_check(row, now)
    follow_members(work, row, content, now)


def _unchanged(services: Services, row: TrustedListRow, now: datetime) -> ListRefreshed:
    with services.unit_of_work() as work:
        kept = work.trusted_lists.get(row.id, for_update=True)
        _note_check(kept, now)
        work.commit()
    return ListRefreshed(row.id, row.territory, row.sequence_number, changed=False)


def _note_check(row: TrustedListRow, now: datetime) -> None:
    row.checked_at, row.next_check_at = now, now + _pause(row.next_update, now)
    row.problem_code = row.problem_detail = row.problem_since = None


def _refuse(services: Services, list_id: str, error: CertsError | ConfinementError, now: datetime) -> ListRefreshed:
    """Keep the reason, tell it once, and leave the version in force alone."""
    with services.unit_of_work() as work:
        row = work.trusted_lists.get(list_id, for_update=True)
        if row.problem_code != error.code:
            row.problem_since = now
            data = {"territory": row.territory, "problem_code": error.code, "sequence_number": row.sequence_number}
            work.audited(ACTOR, "trusted-list.refused", row.id, row.unit_id, now, **data)
            work.happened("trusted-list.refused", row.id, row.unit_id, data, now)
        row.checked_at, row.problem_code, row.problem_detail = now, error.code, str(error)
        row.next_check_at = now + _pause(row.next_update, now)
        work.commit()
    log.warning("a newer version of a trusted list is refused", territory=row.territory, problem=error.code)
    return ListRefreshed(row.id, row.territory, row.sequence_number, False, error.code, str(error))


def _pause(next_update: datetime | None, now: datetime) -> timedelta:
    near = next_update is not None and next_update - now.astimezone(UTC) < NEAR_THE_END
    return EVERY_NEAR_THE_END if near else EVERY
