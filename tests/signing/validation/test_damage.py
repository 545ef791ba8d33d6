"""Signatures damaged inside: a report within bounds, never an exception, and never good news about other bytes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.validation.report import Overall
from tests.certs.authority import Holder
from tests.certs.damage import chance_of, damaged
from tests.signing.validation.conftest import Bench

GAP = re.compile(rb"/Contents\s*<([0-9a-fA-F]+)>")
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def with_signature(pdf: bytes, cms: bytes) -> bytes:
    """Return the file with other bytes in the gap of its last signature, where they fit."""
    start, end = list(GAP.finditer(pdf))[-1].span(1)
    return pdf[:start] + cms.hex().encode()[: end - start].ljust(end - start, b"0") + pdf[end:]


@EXAMPLES
@given(seed=st.integers(0, 2**32), in_stamp=st.booleans())
def test_a_damaged_signature_or_time_stamp_is_a_report(
    bench: Bench, stamped: bytes, official: Holder, tsa: Holder, seed: int, in_stamp: bool
) -> None:
    gap = list(GAP.finditer(stamped))[-1].group(1)
    whole = bytes.fromhex(gap.decode()).rstrip(b"\0")
    if in_stamp:
        # The token stands at the end, among what the signature does not cover.
        half = len(whole) // 2
        cms = whole[:half] + damaged(whole[half:], chance_of(seed)).ljust(len(whole) - half, b"\0")
    else:
        cms = damaged(whole, chance_of(seed))

    report = bench.validate(with_signature(stamped, cms), bench.policy(official, tsa))

    assert len(report.signatures) <= 1
    assert report.overall in set(Overall)
    for signature in report.signatures:
        assert signature.reasons
        assert signature.signer_certificate_der == official.der or report.overall is not Overall.PASSED


@pytest.fixture(scope="module")
def stamped(
    running: tuple[object, object], official: Holder, tsa: Holder, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    bench = Bench(running[0], tmp_path_factory.mktemp("stamped"))  # type: ignore[arg-type]
    pdf = bench.sign(official, tsa=tsa)
    assert bench.validate(pdf, bench.policy(official, tsa)).overall is Overall.PASSED
    return pdf


def test_outside_files_damaged_stay_within_time_and_memory(corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.signing.validation.damaged_files", corpus / "validation", tmp_path]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr[-2000:]
    assert int(said.stdout) > 60
