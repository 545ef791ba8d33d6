"""`python -m tests.certs.damaged_corpus FOLDER`: judges every third file of a PKITS folder, damaged.

The process gives itself bounds first; it is ended by them, or by an exception, where the readers do not keep theirs.
"""

import resource
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

from certs.model import Purpose, TrustAnchor
from certs.path import check_path
from certs.revocation.answers import evidence_times
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.damage import chance_of, damaged

CPU_SECONDS, MEMORY_BYTES = 60, 512 * 1024 * 1024
AT = datetime(2022, 5, 1, tzinfo=UTC)


def main(folder: Path) -> int:
    """Return how many files were judged."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    warnings.simplefilter("ignore")
    chance = chance_of(20261128)
    read = {path.stem: path.read_bytes() for path in sorted(folder.glob("c*/*.cr[tl]"))}
    root = read["TrustAnchorRootCertificate"]
    anchor = TrustAnchor(root, Purpose.CITIZEN, datetime(2000, 1, 1, tzinfo=UTC))
    whole = EvidenceItem("crl", read["TrustAnchorRootCRL"], "whole")
    good, good_ca = read["ValidCertificatePathTest1EE"], read["GoodCACert"]
    for name, der in list(read.items())[::3]:
        broken = damaged(der, chance)
        if name.endswith("CRL"):
            items = (whole, EvidenceItem("crl", broken, name, *(evidence_times("crl", broken) or ())))
            check_path(good, [good_ca], (anchor,), RevocationEvidence(items), AT, None)
        else:
            check_path(broken, [good_ca], (anchor,), RevocationEvidence((whole,)), AT, None)
            check_path(good, [good_ca, broken], (anchor,), RevocationEvidence((whole,)), AT, None)
    return len(read) // 3


if __name__ == "__main__":
    sys.stdout.write(str(main(Path(sys.argv[1]))))
