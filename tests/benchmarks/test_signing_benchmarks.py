"""What the signing benchmarks time was accepted by others first."""

from pathlib import Path

from benchmarks.frame import Benchmark, Comparison, run_bounded
from benchmarks.measure_signing import Pades
from benchmarks.signers import make_bench


def altered(folder: Path) -> Comparison:
    bench = make_bench(folder)
    signed = Pades(bench).sign()
    bench.assert_accepted(signed)
    content = signed.read_bytes()
    signed.write_bytes(content.replace(b"/Lang(en-US)", b"/Lang(vi-VN)"))
    bench.assert_accepted(signed)
    raise AssertionError("not reached")


def test_a_result_that_others_do_not_accept_gives_no_figure():
    found = run_bounded(Benchmark("altered", "signatures", altered), limit_seconds=60)

    assert found.problem == "ValueError: pdfsig says ['Digest Mismatch.']"
