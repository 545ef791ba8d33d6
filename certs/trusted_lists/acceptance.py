"""Whether a list, and a new version of it, may take the place of the one in force."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256

from certs.errors import (
    TrustedListExpired,
    TrustedListNotNewer,
    TrustedListSignerUnknown,
    TrustedListWrongScheme,
)
from certs.names import parse_certificate
from certs.trusted_lists.model import SignedList, TrustedList

CLOCK_TOLERANCE = timedelta(minutes=10)


def fingerprint(certificate_der: bytes) -> str:
    """Return a certificate's SHA-256 in lower hexadecimal."""
    return sha256(certificate_der).hexdigest()


def check_signer(found: SignedList, trusted: Collection[str]) -> None:
    """Let a list through that one of these signers signed, with a certificate that was in force when it was issued.

    Args:
        trusted: Fingerprints of certificates; lists are trusted by the certificate itself and not by a path.
    Raises:
        TrustedListSignerUnknown: Someone else signed, or the certificate was not valid at the time of issue.
    Source: ETSI TS 119 612 V2.3.1, 5.7.1.
    """
    if fingerprint(found.signer_der) not in trusted:
        raise TrustedListSignerUnknown(f"the list is signed by {fingerprint(found.signer_der)}, who is not trusted")
    certificate = parse_certificate(found.signer_der)
    if not certificate.not_valid_before <= found.content.issued_at <= certificate.not_valid_after:
        raise TrustedListSignerUnknown("the signer's certificate was not valid when the list was issued")


def check_timely(content: TrustedList, now: datetime) -> None:
    """Let a list through that is in force.

    Raises:
        TrustedListExpired: Its next update is overdue, or it is from the future.
    """
    if content.issued_at > now + CLOCK_TOLERANCE:
        raise TrustedListExpired(f"the list says that it was issued at {content.issued_at.isoformat()}")
    if content.next_update is not None and content.next_update <= now:
        raise TrustedListExpired(f"the list should have been replaced by {content.next_update.isoformat()}")


def check_follows(content: TrustedList, territory: str, sequence_number: int, issued_at: datetime) -> None:
    """Let a version through that comes after the one in force, in the same scheme.

    Raises:
        TrustedListWrongScheme: It is another territory's list.
        TrustedListNotNewer: It is an older one played back, or the same number with other content.
    """
    if content.territory != territory:
        raise TrustedListWrongScheme(f"the list is of {content.territory or 'no territory'}, not of {territory}")
    if content.sequence_number <= sequence_number or content.issued_at < issued_at:
        raise TrustedListNotNewer(f"the list has number {content.sequence_number}, and {sequence_number} is in force")


def next_signers(found: SignedList, trusted: Collection[str]) -> frozenset[str]:
    """Return who may sign the next version: a list of lists says it in the pointer to itself.

    A pointer that leaves the present signer out keeps those trusted so far: it may be an error, and must not lock the
    list out.
    """
    pointer = found.content.pointer_to_itself()
    named = frozenset() if pointer is None else frozenset(fingerprint(der) for der in pointer.signer_ders)
    return named if fingerprint(found.signer_der) in named else frozenset(trusted)


def signers_after_pivot(pivot: SignedList, trusted: Collection[str]) -> frozenset[str]:
    """Return who may sign after a pivot, a past list of lists in which the signers changed.

    Raises:
        TrustedListSignerUnknown: The pivot itself is not by one of those trusted before.
    Source: the European Commission's implementation of the list of trusted lists, pivot LOTLs.
    """
    check_signer(pivot, trusted)
    pointer = pivot.content.pointer_to_itself()
    if pointer is None or not pointer.signer_ders:
        raise TrustedListSignerUnknown("the pivot names no signers")
    return frozenset(fingerprint(der) for der in pointer.signer_ders)
