"""The lists that a list of lists points to: followed for the territories that the operator named."""

from datetime import datetime

from certs.trusted_lists.acceptance import fingerprint
from certs.trusted_lists.model import ListPointer, TrustedList
from certs.trusted_lists.names import LISTS_OF_LISTS, XML_LIST
from certs.trusted_lists.store import ListState, TrustedListRow
from config.identifiers import new_id
from gateway.db.unit_of_work import UnitOfWork


def follow_members(work: UnitOfWork, parent: TrustedListRow, content: TrustedList, now: datetime) -> None:
    """Follow what a list of lists points to, with the signers that it names; stop following what it no longer names.

    The list of lists is trusted, so nobody has to confirm its members; each is fetched by its own task.
    """
    if not content.is_list_of_lists:
        return
    wanted = {pointer.location: pointer for pointer in content.pointers if _is_wanted(pointer, parent.territories)}
    known = {row.location: row for row in work.trusted_lists.members(parent.id) if row.state == ListState.ACTIVE}
    for location, row in known.items():
        if location not in wanted:
            work.trusted_lists.end(row, now)
            work.audited(parent.proposed_by, "trusted-list.ended", row.id, row.unit_id, now, by=parent.id)
    for location, pointer in wanted.items():
        member = known.get(location) or work.trusted_lists.add(_member(parent, pointer, now))
        signers = sorted({fingerprint(der) for der in pointer.signer_ders})
        if member.signers != signers or location not in known:
            member.signers, member.next_check_at = signers, now
            details = {"territory": member.territory, "signers": signers, "by": parent.id}
            work.audited(parent.proposed_by, "trusted-list.followed", member.id, member.unit_id, now, **details)


def _is_wanted(pointer: ListPointer, territories: list[str]) -> bool:
    readable = pointer.mime_type == XML_LIST or (not pointer.mime_type and pointer.location.lower().endswith(".xml"))
    followed = pointer.territory in territories and pointer.type_uri not in LISTS_OF_LISTS
    return readable and followed and bool(pointer.signer_ders)


def _member(parent: TrustedListRow, pointer: ListPointer, now: datetime) -> TrustedListRow:
    return TrustedListRow(
        id=new_id(),
        unit_id=parent.unit_id,
        parent_id=parent.id,
        location=pointer.location,
        territory=pointer.territory,
        operator_name="",
        purposes=list(parent.purposes),
        territories=[],
        signers=[],
        state=ListState.ACTIVE.value,
        sequence_number=0,
        proposed_by=parent.proposed_by,
        proposed_at=now,
        confirmed_by=parent.confirmed_by,
        confirmed_at=now,
        next_check_at=now,
    )
