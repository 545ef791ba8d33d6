"""What two persons decide about a list: that it is followed at all, and that it is no longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from io import BytesIO

from certs.errors import FingerprintWrong, NeedsSecondPerson, TrustedListStateConflict
from certs.model import Purpose
from certs.trusted_lists.acceptance import check_timely, fingerprint, next_signers
from certs.trusted_lists.services import listed_anchors
from certs.trusted_lists.store import ListState, TrustedListRow
from config.identifiers import new_id
from gateway.services import Services
from gateway.trusted_lists.fetching import MAX_SIZE_BYTES, read
from gateway.trusted_lists.members import follow_members


@dataclass(frozen=True)
class ProposedList:
    """A list that one person wants followed.

    Attributes:
        location: Where newer versions come from; None where someone brings them as files.
        purposes: For what its services are trusted.
        territories: Of a list of lists: which of its members are followed.
    """

    unit_id: str
    content: bytes
    location: str | None
    purposes: Sequence[Purpose]
    territories: Sequence[str] = ()


def propose_list(services: Services, proposed: ProposedList, actor: str, now: datetime) -> TrustedListRow:
    """Keep a list that counts for nothing until a second person has confirmed its signer's fingerprint.

    Raises:
        TrustedListMalformed, TrustedListNotSigned, ConfinementError: See signing.validation.trusted_list.
        TrustedListExpired: It is not in force.
    """
    found = read(services, proposed.content, now)
    check_timely(found.content, now)
    blob = services.blobs.put_stream(BytesIO(proposed.content), MAX_SIZE_BYTES)
    row = TrustedListRow(
        id=new_id(),
        unit_id=proposed.unit_id,
        location=proposed.location,
        territory=found.content.territory,
        operator_name=found.content.operator_name,
        purposes=[purpose.value for purpose in proposed.purposes],
        territories=sorted(set(proposed.territories)),
        signers=[fingerprint(found.signer_der)],
        state=ListState.PROPOSED.value,
        sequence_number=0,
        content_sha256=blob.sha256,
        proposed_by=actor,
        proposed_at=now,
    )
    with services.unit_of_work() as work:
        work.trusted_lists.add(row)
        details = {"territory": row.territory, "signer": row.signers[0], "content_sha256": blob.sha256}
        work.audited(actor, "trusted-list.proposed", row.id, row.unit_id, now, **details)
        work.commit()
    return row


def confirm_list(services: Services, list_id: str, given: str, actor: str, now: datetime) -> TrustedListRow:
    """Let a list count, because a second person has its signer's fingerprint from a source of their own.

    Args:
        given: SHA-256 of the signer's certificate; colons, spaces and case do not count.
    Raises:
        TrustedListUnknown, TrustedListStateConflict: There is no such proposal.
        NeedsSecondPerson: The actor proposed it.
        FingerprintWrong: It is another certificate's; nothing was confirmed.
        TrustedListMalformed, TrustedListNotSigned, TrustedListExpired, ConfinementError: The proposed version.
    """
    with services.unit_of_work(read_only=True) as work:
        proposal = work.trusted_lists.get(list_id)
    _check_confirms(proposal, given, actor)
    with services.blobs.open(proposal.content_sha256 or "") as stream:
        content = stream.read()
    found = read(services, content, now)
    check_timely(found.content, now)
    with services.unit_of_work() as work:
        row = work.trusted_lists.get(list_id, for_update=True)
        _check_confirms(row, given, actor)
        row.state, row.confirmed_by, row.confirmed_at = ListState.ACTIVE.value, actor, now
        row.signers = sorted(next_signers(found, row.signers))
        row.checked_at = row.next_check_at = now
        purposes = [Purpose(purpose) for purpose in row.purposes]
        anchors = listed_anchors(found.content, purposes)
        work.trusted_lists.put_in_force(row, found.content, sha256(content).hexdigest(), anchors)
        follow_members(work, row, found.content, now)
        details = {"signer": given, "sequence_number": row.sequence_number, "anchors": len(anchors)}
        work.audited(actor, "trusted-list.confirmed", row.id, row.unit_id, now, **details)
        work.commit()
    return row


def end_list(services: Services, list_id: str, actor: str, second: str, now: datetime) -> TrustedListRow:
    """Stop following a list and the lists that it brought in; what they vouched for earlier stays so.

    Args:
        actor, second: Two persons.
    Raises:
        TrustedListUnknown: None has that id.
        TrustedListStateConflict: It was ended before.
        NeedsSecondPerson: They are one.
    """
    if _same(actor, second):
        raise NeedsSecondPerson("a list is ended by two persons")
    with services.unit_of_work() as work:
        row = work.trusted_lists.get(list_id, for_update=True)
        if row.state == ListState.ENDED:
            raise TrustedListStateConflict("the list was ended before")
        for ended in (row, *work.trusted_lists.members(row.id)):
            work.trusted_lists.end(ended, now)
            work.audited(actor, "trusted-list.ended", ended.id, ended.unit_id, now, second=second)
        work.commit()
    return row


def _check_confirms(row: TrustedListRow, given: str, actor: str) -> None:
    if row.state != ListState.PROPOSED:
        raise TrustedListStateConflict(f"the list is {row.state}, not proposed")
    if _same(row.proposed_by, actor):
        raise NeedsSecondPerson("whoever proposed a list cannot confirm it")
    plain = "".join(given.replace(":", "").split()).lower()
    if not compare_digest(plain.encode(), row.signers[0].encode()):
        raise FingerprintWrong("the fingerprint is not that of the list's signer; nothing was confirmed")


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
