"""Taking certificates into the inventory, putting them into use, and the decisions that people make about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from certs.errors import CertificateStateConflict
from certs.model import CertificateRole, CertificateState
from certs.store import SigningCertificate
from gateway.callers import check_unit
from gateway.db.unit_of_work import UnitOfWork
from gateway.key_holds import HELD_BY_DECISION, KEY_NOT_PROVED
from gateway.refusal import ApiProblem
from gateway.signing_requests import let_go_on
from signing.key_sources.uri import is_server_side
from signing.model import SigningProfile

SELF_CHECK_TASK = "key-self-check"


@dataclass(frozen=True)
class NewCertificate:
    """A certificate as it is handed in, with where its key is. No PIN is in it."""

    unit_id: str
    label: str
    role: CertificateRole
    certificate_der: bytes
    chain_ders: tuple[bytes, ...]
    key_source_uri: str
    allowed_profiles: tuple[str, ...] = ()
    """Codes of signing profiles; none: all of its role."""
    replaces: str | None = None
    """The id of the certificate that this one takes over from."""


@dataclass(frozen=True)
class Decider:
    """Who acts: the actor of the audit trail, and the person whom a rule about two persons means."""

    actor: str
    person: str


def take_in(
    work: UnitOfWork,
    new: NewCertificate,
    profiles: dict[str, SigningProfile],
    by: Decider,
    now: datetime,
    *,
    key_proved: bool,
) -> SigningCertificate:
    """Keep a certificate; where its key is ours and has not proved itself yet, it is held until a worker had it do so.

    Args:
        key_proved: Whether the key has just signed a nonce, or an operator at the machine answers for it.
    Raises:
        CertificateUnreadable, CertificateAlreadyKept, CertificateUnknown: See certs.store.CertificateStore.
        CertificateStateConflict: The one that is replaced is of another unit or role, or was withdrawn.
        KeySourceUriInvalid: The key's address cannot be read.
        ApiProblem: There is no such unit; or a profile that does not exist or is for another role.
    """
    check_unit(work, new.unit_id)
    check_profiles(profiles, new.role, new.allowed_profiles)
    waits = is_server_side(new.key_source_uri) and not key_proved
    row = work.certificates.add(
        unit_id=new.unit_id,
        label=new.label,
        role=new.role,
        certificate_der=new.certificate_der,
        chain_ders=new.chain_ders,
        key_source_uri=new.key_source_uri,
        now=now,
        allowed_profiles=new.allowed_profiles,
        hold_code=KEY_NOT_PROVED if waits else None,
    )
    work.audited(by.actor, "certificate.added", row.id, row.unit_id, now, sha256=row.sha256, person=by.person)
    if new.replaces is not None:
        _name_successor(work, new.replaces, row)
    if waits:
        work.due(SELF_CHECK_TASK, row.id, row.unit_id, now)
    else:
        _withdraw_replaced(work, row, by.actor, now)
    return row


def check_profiles(profiles: dict[str, SigningProfile], role: CertificateRole, codes: Sequence[str]) -> None:
    """Refuse profiles that a certificate of this role can never be used for.

    Raises:
        ApiProblem: A profile does not exist, or is for another role.
    """
    for code in codes:
        if code not in profiles:
            raise ApiProblem("profile-unknown", code)
        if profiles[code].role.value != role.value:
            raise ApiProblem("certificate-wrong-role", f"the profile {code} is for a {profiles[code].role}")


def _name_successor(work: UnitOfWork, replaced_id: str, successor: SigningCertificate) -> None:
    replaced = work.certificates.get(replaced_id, for_update=True)
    if (replaced.unit_id, replaced.role) != (successor.unit_id, successor.role):
        raise CertificateStateConflict("a certificate takes over from one of the same unit and role")
    if replaced.state == CertificateState.WITHDRAWN:
        raise CertificateStateConflict("the certificate was withdrawn before")
    replaced.replaced_by = successor.id


def put_into_use(work: UnitOfWork, row: SigningCertificate, actor: str, now: datetime) -> None:
    """Let a certificate sign whose key has proved itself, and end the use of those that it takes over from."""
    work.certificates.release(row.id, actor, now)
    let_go_on(work, row, actor, now)
    _withdraw_replaced(work, row, actor, now)


def _withdraw_replaced(work: UnitOfWork, successor: SigningCertificate, actor: str, now: datetime) -> None:
    query = select(SigningCertificate.id).where(
        SigningCertificate.replaced_by == successor.id, SigningCertificate.state != CertificateState.WITHDRAWN.value
    )
    for replaced_id in work.session.scalars(query).all():
        withdraw(work, replaced_id, successor.id, Decider(actor, actor), "replaced", now)


def withdraw(
    work: UnitOfWork, certificate_id: str, replaced_by: str | None, by: Decider, reason: str, now: datetime
) -> SigningCertificate:
    """End use of a certificate for good.

    Raises:
        CertificateUnknown: Either id is unknown.
        CertificateStateConflict: It was withdrawn before.
    """
    row = work.certificates.withdraw(certificate_id, replaced_by)
    details = {"replaced_by": replaced_by, "person": by.person, "reason": reason}
    work.audited(by.actor, "certificate.withdrawn", row.id, row.unit_id, now, **details)
    work.happened("certificate.withdrawn", row.id, row.unit_id, {"replaced_by": replaced_by}, now)
    return row


def hold(work: UnitOfWork, certificate_id: str, by: Decider, reason: str, now: datetime) -> SigningCertificate:
    """Put a certificate on hold by a person's decision; another person has to lift it.

    Raises:
        CertificateUnknown: None has that id.
        CertificateStateConflict: It is not in use: held already, or withdrawn.
    """
    if work.certificates.get(certificate_id, for_update=True).state != CertificateState.ACTIVE:
        raise CertificateStateConflict("only a certificate in use can be put on hold")
    row = work.certificates.hold(certificate_id, HELD_BY_DECISION, now, actor=by.person)
    work.audited(by.actor, "certificate.held", row.id, row.unit_id, now, person=by.person, reason=reason)
    work.happened("certificate.held", row.id, row.unit_id, {"code": HELD_BY_DECISION}, now)
    return row


def allow_profiles(
    work: UnitOfWork,
    certificate_id: str,
    codes: Sequence[str],
    profiles: dict[str, SigningProfile],
    by: Decider,
    now: datetime,
) -> SigningCertificate:
    """Say which signing profiles a certificate may be used for; none: all of its role.

    Raises:
        CertificateUnknown: None has that id.
        ApiProblem: A profile that does not exist or is for another role.
    """
    row = work.certificates.get(certificate_id, for_update=True)
    check_profiles(profiles, CertificateRole(row.role), codes)
    row.allowed_profiles = sorted(set(codes)) or None
    allowed = row.allowed_profiles or []
    work.audited(by.actor, "certificate.profiles-set", row.id, row.unit_id, now, person=by.person, profiles=allowed)
    return row
