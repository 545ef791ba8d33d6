"""Getting a list's bytes and having them read: the address guard outside, the parser in the child."""

from datetime import datetime

from certs.errors import FetchFailed, TrustedListSignerUnknown
from certs.revocation.fetch import ExchangeFailed, HttpExchange, Limits
from certs.trusted_lists.acceptance import check_signer, signers_after_pivot
from certs.trusted_lists.model import SignedList
from gateway.services import Services
from signing.validation.trusted_list import read_signed_list

# The largest national lists have some 12 MB; their servers are slow at the end of a month.
MAX_SIZE_BYTES = 20 * 1024 * 1024
TIMEOUT_SECONDS = 60
MAX_PIVOTS = 12


def fetch(services: Services, location: str) -> bytes:
    """Return what an address gives.

    Raises:
        FetchFailed: It may not be called, or gave no answer within the limits of time and size.
    """
    try:
        exchange = HttpExchange(services.address_guard)
        return exchange(location, None, None, Limits(TIMEOUT_SECONDS, MAX_SIZE_BYTES))
    except ExchangeFailed as failure:
        raise FetchFailed(f"{location}: {failure.code}") from None


def read(services: Services, content: bytes, now: datetime) -> SignedList:
    """Return a list whose signature holds.

    Raises:
        TrustedListMalformed, TrustedListNotSigned, ConfinementError: See signing.validation.trusted_list.
    """
    return services.confined.run(read_signed_list, content, now, services.algorithms)


def trusted_signers(
    services: Services, found: SignedList, trusted: frozenset[str], known_number: int, now: datetime
) -> frozenset[str]:
    """Return the signers trusted for a list, after the pivots where its signer is not one of those trusted so far.

    Each pivot must be signed by those whom the one before it names, so the way from those trusted so far is unbroken.

    Args:
        known_number: The version in force; older pivots were gone through before.
    Raises:
        TrustedListSignerUnknown: No way leads to its signer.
        FetchFailed, TrustedListMalformed, TrustedListNotSigned, ConfinementError: A pivot cannot be had.
    """
    try:
        check_signer(found, trusted)
    except TrustedListSignerUnknown:
        if not found.content.is_list_of_lists:
            raise
    else:
        return trusted
    for location in _pivots(found):
        pivot = read(services, fetch(services, location), now)
        if known_number < pivot.content.sequence_number < found.content.sequence_number:
            trusted = signers_after_pivot(pivot, trusted)
    check_signer(found, trusted)
    return trusted


def _pivots(found: SignedList) -> list[str]:
    """Return the addresses of the pivots, the oldest first; the list names the newest first."""
    named = [uri for uri in found.content.information_uris if uri.lower().endswith(".xml")]
    return named[:MAX_PIVOTS][::-1]
