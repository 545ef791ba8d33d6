"""Reads who signed and stamped a PDF, for what has to be provable later. Runs in the child for untrusted files."""

from dataclasses import dataclass
from pathlib import Path

from certs.key_descriptions import UsedAlgorithms
from certs.revocation.model import RevocationEvidence
from signing.errors import SigningError
from signing.errors.documents import DocumentUnreadable
from signing.errors.evidence import NothingToAugment
from signing.formats.material import EvidenceSubject
from signing.formats.pdf.structure import as_refusal, check_whole, open_strictly
from signing.validation.cms import CmsFindings, check_signed_data, check_token, parse_signed_data
from signing.validation.pdf_source import FoundSignature, open_pdf, read_dss


@dataclass(frozen=True)
class SignedPlace:
    """One signature or document time-stamp with everyone whose certificate it rests on.

    Attributes:
        end: Offset after the last byte that it covers.
        signer: The signer, or for a document time-stamp its authority.
        authorities: Those behind the time-stamps inside the signature.
        algorithms: What the signature or token itself rests on.
    """

    field_name: str
    is_timestamp: bool
    end: int
    signer: EvidenceSubject
    authorities: tuple[EvidenceSubject, ...]
    algorithms: UsedAlgorithms


def read_signed_places(path: Path, password: str | None = None) -> tuple[SignedPlace, ...]:
    """Return every signature and document time-stamp in the order in which they were made.

    Raises:
        DocumentNotSignable: The file is not whole, or encrypted, or holds a signature outside its form.
        NothingToAugment: It carries no signature.
    """
    try:
        with path.open("rb") as stream:
            check_whole(open_strictly(stream, password), path, password)
        with open_pdf(path, password) as source:
            known = read_dss(source.reader)
            places = tuple(_place(found, known) for found in source.signatures)
    except SigningError:
        raise
    except Exception as error:
        raise as_refusal(error) from error
    if all(place.is_timestamp for place in places):
        raise NothingToAugment("the document carries no signature")
    return places


def _place(found: FoundSignature, known: RevocationEvidence) -> SignedPlace:
    signed_data = parse_signed_data(found.raw.contents) if found.raw is not None else None
    if found.raw is None or signed_data is None or not found.in_form:
        raise DocumentUnreadable("a signature in the document cannot be read, or stands outside its form")
    findings = check_token(signed_data)[0] if found.is_timestamp else check_signed_data(signed_data, lambda _: b"")
    inside = () if found.is_timestamp else tuple(check_token(token)[0] for token in findings.tokens)
    at_hand = known.joined(RevocationEvidence(findings.evidence))
    return SignedPlace(
        field_name=found.field_name,
        is_timestamp=found.is_timestamp,
        end=found.raw.end,
        signer=_subject(findings, at_hand, stamps=found.is_timestamp),
        authorities=tuple(_subject(token, at_hand, stamps=True) for token in inside),
        algorithms=findings.algorithms,
    )


def _subject(findings: CmsFindings, known: RevocationEvidence, *, stamps: bool) -> EvidenceSubject:
    if findings.signer_der is None:
        raise DocumentUnreadable("a signature in the document does not hold its signer's certificate")
    return EvidenceSubject(findings.signer_der, findings.other_ders, stamps=stamps, known=known)
