"""The table of algorithms where paths need it: for the library that checks signatures, and for evidence."""

from datetime import datetime
from functools import lru_cache

from asn1crypto import algos, keys
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, AlgorithmUsagePolicy

from certs.algorithms import AlgorithmRefusal, AlgorithmTable, AlgorithmUse
from certs.key_descriptions import READING_ERRORS, UsedAlgorithms, algorithms_of
from certs.revocation.answers import evidence_algorithm
from certs.revocation.model import EvidenceItem


class PathAlgorithms(AlgorithmUsagePolicy):
    """Asked by the library about each certificate's signature; remembers what it refused last."""

    def __init__(self, table: AlgorithmTable, at: datetime) -> None:
        self._table = table
        self._at = at
        self.refused: AlgorithmRefusal | None = None

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        """Answer about a digest alone."""
        return self._answer(UsedAlgorithms((str(algo["algorithm"].native),)))

    def signature_algorithm_allowed(
        self,
        algo: algos.SignedDigestAlgorithm,
        moment: datetime | None,
        public_key: keys.PublicKeyInfo | None,
    ) -> AlgorithmUsageConstraint:
        """Answer about a certificate's signature and the key that made it."""
        return self._answer(algorithms_of(algo, public_key))

    def _answer(self, used: UsedAlgorithms) -> AlgorithmUsageConstraint:
        refused = self._table.refusal(used, AlgorithmUse.CERTIFICATE, self._at)
        if refused is None:
            return AlgorithmUsageConstraint(allowed=True)
        self.refused = refused
        return AlgorithmUsageConstraint(allowed=False, failure_reason=refused.fact)


def evidence_refusal(item: EvidenceItem, table: AlgorithmTable, at: datetime) -> AlgorithmRefusal | None:
    """Return why a CRL or OCSP answer may not be relied on for its digest; its signer's key is the path's matter.

    What cannot be read is left to whoever reads it.
    """
    algorithm = evidence_algorithm(item)
    return None if algorithm is None else table.refusal(_digest_used(algorithm), AlgorithmUse.REVOCATION, at)


@lru_cache(maxsize=256)
def _digest_used(algorithm_der: bytes) -> UsedAlgorithms:
    try:
        return algorithms_of(algos.SignedDigestAlgorithm.load(algorithm_der, strict=True), None)
    except READING_ERRORS:
        return UsedAlgorithms(("an unknown algorithm",))
