"""The frame that benchmarks join: honest ratios, bounded runs, and failures that are told."""

import json
import os
import time
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import frame
from benchmarks.frame import Benchmark, Comparison, Measurement, benchmark, compare, load_benchmarks, run_bounded


def waits(seconds: float, done: int = 10):
    def call() -> int:
        time.sleep(seconds)
        return done

    return call


def twice_as_slow(folder: Path) -> Comparison:
    return Comparison(10, waits(0.02), "half the wait", waits(0.01))


def hangs(folder: Path) -> Comparison:
    return Comparison(10, waits(60), "nothing", waits(0))


def breaks(folder: Path) -> Comparison:
    raise LookupError("no input today")


def dies(folder: Path) -> Comparison:
    os._exit(3)


def test_the_ratio_is_our_time_over_the_baselines(tmp_path):
    found = compare(Benchmark("x", "waits", twice_as_slow, seconds=0.2), tmp_path)

    assert found.ratio == pytest.approx(2, rel=0.5)
    assert found.ours_per_second == pytest.approx(500, rel=0.5)
    assert found.rounds >= 3
    assert (found.name, found.unit, found.count, found.problem) == ("x", "waits", 10, None)


def test_a_side_that_did_less_than_asked_gives_no_figure(tmp_path):
    lazy = Benchmark("x", "waits", lambda folder: Comparison(10, waits(0, done=9), "b", waits(0)), seconds=0)

    with pytest.raises(ValueError, match="ours did 9 of 10 waits"):
        compare(lazy, tmp_path)


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [(breaks, "LookupError: no input today"), (dies, "its process ended with code 3"), (hangs, "not done within 1 s")],
)
def test_a_benchmark_that_fails_dies_or_hangs_is_told_and_leaves_the_others(prepare, problem):
    started = time.monotonic()

    found = run_bounded(Benchmark("x", "waits", prepare), limit_seconds=1 if prepare is hangs else 30)

    assert found == Measurement("x", "waits", problem=problem)
    assert time.monotonic() - started < 20


def test_two_benchmarks_cannot_have_one_name(monkeypatch):
    monkeypatch.setattr(frame, "REGISTRY", {})
    benchmark("x", unit="waits")(twice_as_slow)

    with pytest.raises(ValueError, match="two benchmarks are called x"):
        benchmark("x", unit="waits")(hangs)


def test_every_measuring_module_is_found():
    folder = Path(frame.__file__).parent

    modules = {each.prepare.__module__ for each in load_benchmarks().values()}

    assert modules == {f"benchmarks.{path.stem}" for path in folder.glob("measure_*.py")}


def measured(name: str, at_most: float | None, problem: str | None) -> Measurement:
    if problem:
        return Measurement(name, "things", problem=problem)
    return Measurement(name, "things", "the rest", 10, 3, 1234.5, 2469.0, 2.0, at_most)


@pytest.mark.parametrize(
    ("at_most", "problem", "code"), [(None, None, 0), (2.0, None, 0), (1.99, None, 1), (None, "it broke", 1)]
)
def test_the_command_prints_a_table_writes_json_and_says_by_its_code_whether_all_held(
    tmp_path, monkeypatch, capsys, at_most, problem, code
):
    monkeypatch.setattr(command, "run_bounded", lambda chosen: measured(chosen.name, at_most, problem))
    monkeypatch.setenv("COLUMNS", "160")

    assert command.main(["camt053-parse", "--json", str(tmp_path / "bench.json")]) == code

    shown = capsys.readouterr().out
    for text in ("camt053-parse", problem or "2.00"):
        assert text in shown
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    (result,) = written["results"]
    assert (result["name"], result["problem"]) == ("camt053-parse", problem)
    assert written["processors"] == os.cpu_count()


def test_a_name_that_nobody_registered_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["no-such-thing"])
    assert "no such benchmark: no-such-thing" in capsys.readouterr().err


def test_the_statement_benchmark_reads_the_same_entries_both_ways(tmp_path, monkeypatch):
    chosen = load_benchmarks()["camt053-parse"]
    monkeypatch.setattr("benchmarks.measure_statements.ENTRIES", 20)

    asked = chosen.prepare(tmp_path)

    assert asked.ours() == asked.baseline() == asked.count == 20
