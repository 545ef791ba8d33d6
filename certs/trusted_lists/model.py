"""One trusted list as it reads: plain frozen data that crosses the confined child. Times are aware and UTC."""

from dataclasses import dataclass
from datetime import datetime

from certs.trusted_lists.names import LISTS_OF_LISTS


@dataclass(frozen=True)
class StatusPeriod:
    """What a service was and how it stood, from a time until the next period begins.

    Attributes:
        marks: What its certificates are for, as identifiers (ForeSignatures …); none says nothing.
    """

    type_uri: str
    status_uri: str
    starts_at: datetime
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrustService:
    """One service of one provider: the certificates that it is known by, and its periods, the newest first."""

    provider_name: str
    name: str
    certificates_der: tuple[bytes, ...]
    periods: tuple[StatusPeriod, ...]


@dataclass(frozen=True)
class ListPointer:
    """Another list: where it is, and the certificates with which it is signed."""

    location: str
    territory: str
    type_uri: str
    mime_type: str
    signer_ders: tuple[bytes, ...]


@dataclass(frozen=True)
class TrustedList:
    """A whole list.

    Attributes:
        next_update: None for a list that will not be issued again.
        information_uris: Of the scheme; a list of lists names its pivots there, the newest first.
    """

    version: int
    sequence_number: int
    type_uri: str
    operator_name: str
    territory: str
    issued_at: datetime
    next_update: datetime | None
    information_uris: tuple[str, ...]
    pointers: tuple[ListPointer, ...]
    services: tuple[TrustService, ...]

    @property
    def is_list_of_lists(self) -> bool:
        """Say whether it points to lists instead of naming services."""
        return self.type_uri in LISTS_OF_LISTS

    def pointer_to_itself(self) -> ListPointer | None:
        """Return the pointer in which a list of lists names its own signers, or None where there is none."""
        same = (one for one in self.pointers if (one.type_uri, one.territory) == (self.type_uri, self.territory))
        return next(same, None) if self.is_list_of_lists else None


@dataclass(frozen=True)
class SignedList:
    """A list whose signature holds, and who signed it; whether that signer is trusted is another question."""

    content: TrustedList
    signer_der: bytes
