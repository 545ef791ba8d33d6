"""`python -m tests.signing.validation.damaged_files FOLDER SCRATCH`: validates the smaller files of a folder, damaged.

The process gives itself bounds first; it is ended by them, or by an exception, where the readers do not keep theirs.
"""

import random
import resource
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

from signing.validation.policy import ValidationPolicy
from signing.validation.registry import collect_needs, validate_signed_file
from signing.validation.report import Overall
from tests.certs.damage import chance_of, damaged
from tests.signing.validation.test_damage import GAP, with_signature

CPU_SECONDS, MEMORY_BYTES = 90, 1024 * 1024 * 1024
SIZE_BYTES = 120_000
AT = datetime(2026, 11, 1, tzinfo=UTC)


def main(folder: Path, scratch: Path) -> int:
    """Return how many files were validated."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    warnings.simplefilter("ignore")
    chance = chance_of(20261128)
    done = 0
    for path in sorted(folder.iterdir()):
        if path.suffix in {".jsonl", ".gz"} or path.stat().st_size > SIZE_BYTES:
            continue
        altered = scratch / f"altered{path.suffix}"
        altered.write_bytes(_altered(path.read_bytes(), chance))
        collect_needs(altered)
        report = validate_signed_file(altered, {}, ValidationPolicy(), AT)
        if report.overall is Overall.PASSED:
            raise AssertionError(f"{path.name} passed without an anchor")
        done += 1
    return done


def _altered(content: bytes, chance: random.Random) -> bytes:
    gaps = list(GAP.finditer(content))
    if gaps:
        cms = bytes.fromhex(gaps[-1].group(1).decode()[: len(gaps[-1].group(1)) // 2 * 2]).rstrip(b"\0")
        return with_signature(content, damaged(cms, chance)) if cms else content
    return damaged(content, chance)


if __name__ == "__main__":
    sys.stdout.write(str(main(Path(sys.argv[1]), Path(sys.argv[2]))))
