"""Reads who signed and stamped a SignedData, for what has to be provable later. Runs in the child."""

from dataclasses import dataclass
from pathlib import Path

from asn1crypto import cms

from certs.revocation.model import RevocationEvidence
from signing.errors.evidence import NothingToAugment
from signing.errors.files import SignatureFileUnreadable
from signing.formats.cades.archive import ARCHIVE_TIME_STAMP
from signing.formats.cades.structure import SignedDataParts, SignerParts, read_signed_data, values_of
from signing.formats.mapped import map_file
from signing.formats.material import EvidenceSubject
from signing.validation.cms import MAX_TIMESTAMPS, CmsFindings, check_token, parse_signed_data
from signing.validation.signers import counter_findings, counter_signers, embedded_evidence, signer_findings


@dataclass(frozen=True)
class Party:
    """One signature with everyone whose certificate it rests on.

    Attributes:
        name: As the validation's report names it.
        authorities: Those behind its time-stamps, in the report's order: over the value first, then archives.
    """

    name: str
    signer: EvidenceSubject
    authorities: tuple[EvidenceSubject, ...]


def read_parties(path: Path) -> tuple[Party, ...]:
    """Return all signers and counter-signers of a file.

    Raises:
        SignatureFileUnreadable: It is no SignedData, or a signer's or authority's certificate is not in it.
        NothingToAugment: It has no signer.
    """
    parts = read_signed_data(map_file(path))
    if not parts.signers:
        raise NothingToAugment("the file holds no signature")
    known = embedded_evidence(parts)
    found: list[Party] = []
    for number, signer in enumerate(parts.signers, start=1):
        name = f"#{number}"
        found.append(_party(name, signer_findings(parts, signer, None), signer, known))
        found += _counter_parties(name, parts, signer, known)
    return tuple(found)


def _counter_parties(name: str, parts: SignedDataParts, signer: SignerParts, known: RevocationEvidence) -> list[Party]:
    counters = enumerate(counter_signers(signer), start=1)
    return [
        _party(f"{name}.{number}", counter_findings(parts, signer, counter), counter, known)
        for number, counter in counters
    ]


def _party(name: str, findings: CmsFindings, signer: SignerParts, known: RevocationEvidence) -> Party:
    archives = [parse_signed_data(one) for one in values_of(signer.unsigned_attributes, ARCHIVE_TIME_STAMP)]
    tokens = (*findings.tokens, *archives[:MAX_TIMESTAMPS])
    return Party(
        name,
        _subject(findings, known, stamps=False),
        tuple(_subject(_token_findings(token), known, stamps=True) for token in tokens),
    )


def _token_findings(token: cms.SignedData | None) -> CmsFindings:
    if token is None:
        raise SignatureFileUnreadable("a time-stamp in the file cannot be read")
    return check_token(token)[0]


def _subject(findings: CmsFindings, known: RevocationEvidence, *, stamps: bool) -> EvidenceSubject:
    if findings.signer_der is None:
        raise SignatureFileUnreadable("the certificate of a signer or time-stamping authority is not in the file")
    return EvidenceSubject(findings.signer_der, findings.other_ders, stamps=stamps, known=known)
