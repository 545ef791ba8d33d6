"""Gathers the certificates and revocation answers that make a signature provable without a network."""

from collections.abc import Callable, Sequence
from datetime import datetime

from certs.algorithms import AlgorithmTable
from certs.model import SIGNING_PURPOSES, PathResult, Purpose, SubIndication, TrustAnchor
from certs.names import get_names
from certs.revocation.answers import find_responders
from certs.revocation.gather import RevocationGatherer
from certs.revocation.model import RevocationEvidence
from signing.errors.evidence import MaterialNotSound, MaterialUnavailable
from signing.formats.material import EvidenceSubject, ValidationMaterial
from signing.validation.trust import judge_certificate


class PathMaterial:
    """Asks responders for whatever the file does not hold yet, and keeps only what the judgement of a path rests on."""

    def __init__(
        self,
        gatherer: RevocationGatherer,
        anchors: Callable[[], Sequence[TrustAnchor]],
        algorithms: AlgorithmTable | None = None,
    ) -> None:
        """Remember whom to ask, and how to learn the anchors in force at the moment of use.

        Args:
            algorithms: What may be relied on until which day; None takes the shipped table.
        """
        self._gatherer = gatherer
        self._anchors = anchors
        self._algorithms = algorithms

    def material_for(self, subjects: Sequence[EvidenceSubject], now: datetime) -> ValidationMaterial:
        anchors = tuple(self._anchors())
        material = ValidationMaterial()
        for subject in dict.fromkeys(subjects):
            material = material.joined(self._one(subject, anchors, now))
        return material

    def _one(self, subject: EvidenceSubject, every: tuple[TrustAnchor, ...], now: datetime) -> ValidationMaterial:
        purposes = (Purpose.TSA,) if subject.stamps else SIGNING_PURPOSES
        anchors = tuple(anchor for anchor in every if anchor.purpose in purposes)
        path = self._judged(subject, anchors, subject.known, now)
        if path.passed:
            return ValidationMaterial(_not_at_hand(subject, path, anchors))
        evidence = self._asked(subject, anchors, now)
        path = self._judged(subject, anchors, subject.known.joined(evidence), now)
        if not path.passed:
            raise _refusal(subject, path)
        answers = evidence.joined(self._about_responders(path, evidence, anchors, now))
        return ValidationMaterial((*path.path_der, *evidence.certificates_der), answers.crls, answers.ocsps)

    def _asked(self, subject: EvidenceSubject, anchors: tuple[TrustAnchor, ...], now: datetime) -> RevocationEvidence:
        pool = (*subject.pool_ders, *subject.known.certificates_der)
        trusted = [anchor.certificate_der for anchor in anchors if anchor.trusted_at(now)]
        return self._gatherer.gather_for(subject.certificate_der, pool, trusted, now)

    def _judged(
        self, subject: EvidenceSubject, anchors: tuple[TrustAnchor, ...], evidence: RevocationEvidence, now: datetime
    ) -> PathResult:
        return judge_certificate(
            subject.certificate_der,
            (*subject.pool_ders, *subject.known.certificates_der, *evidence.certificates_der),
            anchors,
            evidence,
            Purpose.TSA if subject.stamps else Purpose.OFFICIAL,
            used_at=subject.proved_at or now,
            proved=subject.proved_at is not None,
            at=now,
            algorithms=self._algorithms,
        )

    def _about_responders(
        self, path: PathResult, evidence: RevocationEvidence, anchors: tuple[TrustAnchor, ...], now: datetime
    ) -> RevocationEvidence:
        """Return answers about responders whose certificates say that they, too, may be revoked.

        Source: RFC 6960, 4.2.2.2.1 (id-pkix-ocsp-nocheck).
        """
        found = RevocationEvidence()
        trusted = [anchor.certificate_der for anchor in anchors if anchor.trusted_at(now)]
        for responder in dict.fromkeys(der for item in evidence.items for der in find_responders(item)):
            if responder not in path.path_der:
                found = found.joined(self._gatherer.gather_for(responder, path.path_der, trusted, now))
        return found


def _not_at_hand(subject: EvidenceSubject, path: PathResult, anchors: tuple[TrustAnchor, ...]) -> tuple[bytes, ...]:
    """Return the certificates of a path that the file does not hold; whoever validates has the anchors."""
    at_hand = {*subject.pool_ders, *subject.known.certificates_der, *(anchor.certificate_der for anchor in anchors)}
    return tuple(der for der in path.path_der[1:] if der not in at_hand)


def _refusal(subject: EvidenceSubject, path: PathResult) -> MaterialUnavailable | MaterialNotSound:
    whose = get_names(subject.certificate_der).display_name
    kind = MaterialUnavailable if path.sub_indication is SubIndication.TRY_LATER else MaterialNotSound
    return kind(f"{whose}: {path.fact}")
