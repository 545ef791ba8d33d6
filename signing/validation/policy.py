"""What a validation is judged by: handed in whole, because the child process fetches nothing."""

from dataclasses import dataclass, field

from certs.algorithms import AlgorithmTable, shipped_algorithms
from certs.model import SIGNING_PURPOSES, Purpose, TrustAnchor
from certs.revocation.model import RevocationEvidence


@dataclass(frozen=True)
class ValidationPolicy:
    """Trust anchors of all purposes, the revocation evidence gathered beforehand, and what algorithms are good for."""

    anchors: tuple[TrustAnchor, ...] = ()
    evidence: RevocationEvidence = field(default_factory=RevocationEvidence)
    algorithms: AlgorithmTable = field(default_factory=shipped_algorithms)

    def signer_anchors(self) -> tuple[TrustAnchor, ...]:
        """Return the anchors under which a signer may stand."""
        return tuple(anchor for anchor in self.anchors if anchor.purpose in SIGNING_PURPOSES)

    def tsa_anchors(self) -> tuple[TrustAnchor, ...]:
        """Return the anchors under which a time-stamp authority may stand."""
        return tuple(anchor for anchor in self.anchors if anchor.purpose is Purpose.TSA)
