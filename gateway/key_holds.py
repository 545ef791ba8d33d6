"""Holding keys whose PIN was refused, and letting them go: all certificates of a token together.

The keys in a token share its PIN, and it counts wrong tries for all of them: were only one certificate held, the next
request for another would spend a further try.
"""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

import structlog
from sqlalchemy import select

from certs.errors import CertificateStateConflict
from certs.model import CertificateState
from certs.store import SigningCertificate
from gateway.db.unit_of_work import UnitOfWork
from signing.errors.keys import KeySourceUriInvalid, PinIncorrect, PinLocked
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.uri import Pkcs11Address, Pkcs12Address, parse_key_source_uri

log = structlog.get_logger()
# Why a certificate is held that was taken in and whose key has not signed a nonce yet; only that lets it go.
KEY_NOT_PROVED = "key-not-proved"
# A person's decision; it is of that certificate alone.
HELD_BY_DECISION = "held-by-decision"


def hold_key(work: UnitOfWork, certificate_id: str, code: str, actor: str, now: datetime) -> None:
    """Hold a certificate and every other one whose key lies in the same token or file, of whichever unit.

    Args:
        code: Of the error that showed that a person has to look.
    """
    _hold_all(work, _sharing(work, work.certificates.get(certificate_id), CertificateState.ACTIVE), code, actor, now)


def hold_token(work: UnitOfWork, address: Pkcs11Address, code: str, actor: str, now: datetime) -> None:
    """Hold every certificate in use whose key lies in a token that has refused its PIN.

    Args:
        code: Of the error that showed that a person has to look.
    """
    rows = _in_token(work, address, CertificateState.ACTIVE)
    _hold_all(work, rows, code, actor, now)


def is_token_held(work: UnitOfWork, address: Pkcs11Address) -> bool:
    """Say whether a token refused the PIN from this place, and nobody has released its certificates since."""
    return any(
        row.hold_code in {PinIncorrect.code, PinLocked.code} and _pin_source(row) == address.pin_source
        for row in _in_token(work, address, CertificateState.HELD)
    )


def _hold_all(work: UnitOfWork, rows: Sequence[SigningCertificate], code: str, actor: str, now: datetime) -> None:
    for row in rows:
        held = work.certificates.get(row.id, for_update=True)
        if held.state == CertificateState.ACTIVE:
            work.certificates.hold(held.id, code, now)
            work.audited(actor, "certificate.held", held.id, held.unit_id, now, code=code)
            work.happened("certificate.held", held.id, held.unit_id, {"code": code}, now)
            log.warning("a key is held until an operator releases it", certificate_id=held.id, problem=code)


def release_key(work: UnitOfWork, certificate_id: str, actor: str, now: datetime) -> Sequence[SigningCertificate]:
    """Release a certificate, and those held with it for the same cause whose PIN comes from the same place.

    A PIN from another place was not mended with this one: its certificate stays held until someone releases it too.
    What a person decided about one certificate is of that one alone.

    Returns:
        The released certificates.
    Raises:
        CertificateUnknown: None has that id.
        CertificateStateConflict: It is not held, or only a self-check can let it go.
        ReleaseNeedsSecondPerson: The actor put it on hold.
    """
    certificate = work.certificates.get(certificate_id)
    if certificate.hold_code == KEY_NOT_PROVED:
        raise CertificateStateConflict("the key must prove itself by a self-check")
    code, pin_source = certificate.hold_code, _pin_source(certificate)
    others = [
        row
        for row in _sharing(work, certificate, CertificateState.HELD)
        if row.id != certificate_id and row.hold_code == code and _pin_source(row) == pin_source
    ]
    others = [] if certificate.held_by else others
    released = [work.certificates.release(certificate_id, actor, now)]
    for row in others:
        if work.certificates.get(row.id, for_update=True).state == CertificateState.HELD:
            released.append(work.certificates.release(row.id, actor, now))
    return released


def shares_pin(one_uri: str, other_uri: str) -> bool:
    """Say whether two key sources lie in one token or file, as far as their addresses tell.

    Tokens are one when every attribute that both addresses name agrees, and they have at least one in common.
    """
    try:
        one, other = parse_key_source_uri(one_uri), parse_key_source_uri(other_uri)
    except KeySourceUriInvalid:
        return False
    if isinstance(one, Pkcs12Address) and isinstance(other, Pkcs12Address):
        return one.path == other.path
    if isinstance(one, Pkcs11Address) and isinstance(other, Pkcs11Address):
        return _same_token(one.token, other.token)
    return False


def _same_token(one: TokenAddress, other: TokenAddress) -> bool:
    named = [pair for pair in zip(astuple(one), astuple(other), strict=True) if None not in pair]
    return bool(named) and all(mine == theirs for mine, theirs in named)


def _sharing(
    work: UnitOfWork, certificate: SigningCertificate, state: CertificateState
) -> Sequence[SigningCertificate]:
    """Return the certificate and those that share its PIN and are in a state; always in one order, for their locks."""
    query = select(SigningCertificate).where(SigningCertificate.state == state.value).order_by(SigningCertificate.id)
    return [
        row
        for row in work.session.scalars(query)
        if row.id == certificate.id or shares_pin(row.key_source_uri, certificate.key_source_uri)
    ]


def _in_token(work: UnitOfWork, address: Pkcs11Address, state: CertificateState) -> Sequence[SigningCertificate]:
    """Return the certificates in a state whose keys lie in a token; always in one order, for their locks."""
    query = select(SigningCertificate).where(SigningCertificate.state == state.value).order_by(SigningCertificate.id)
    return [row for row in work.session.scalars(query) if _lies_in(row.key_source_uri, address)]


def _lies_in(uri: str, address: Pkcs11Address) -> bool:
    try:
        other = parse_key_source_uri(uri)
    except KeySourceUriInvalid:
        return False
    return isinstance(other, Pkcs11Address) and _same_token(other.token, address.token)


def _pin_source(certificate: SigningCertificate) -> str | None:
    try:
        address = parse_key_source_uri(certificate.key_source_uri)
    except KeySourceUriInvalid:
        return None
    return address.pin_source if isinstance(address, Pkcs11Address | Pkcs12Address) else None
