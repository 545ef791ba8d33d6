"""`python -m benchmarks [NAME …] [--json FILE]`: runs the benchmarks and prints their ratios."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.frame import Measurement, load_benchmarks, run_bounded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks named, or all; return 0 only if each gave its ratio, and none above what it is held to."""
    known = load_benchmarks()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(known)}; all by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(known))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    console = Console()
    results = []
    for name in given.names or known:
        with console.status(f"measuring {name}"):
            results.append(run_bounded(known[name]))
    console.print(ratio_table(results))
    if given.json:
        given.json.write_text(json.dumps(report(results), indent=2) + "\n", encoding="utf-8")
    return 0 if results and all(result.held for result in results) else 1


def ratio_table(results: Sequence[Measurement]) -> Table:
    """Return the results as a table: the ratio says how many times the baseline's time ours takes."""
    columns = ("benchmark", "ratio", "limit", "ours", "baseline", "compared with", "note")
    table = Table(*columns, title="Less is better: 1.0 is the baseline")
    for result in results:
        if result.problem is not None:
            table.add_row(result.name, "failed", "", "", "", result.problem, "", style="red")
        else:
            table.add_row(
                result.name,
                f"{result.ratio:.2f}",
                "" if result.at_most is None else f"{result.at_most:.2f}",
                f"{result.ours_per_second:,.0f} {result.unit}/s",
                f"{result.baseline_per_second:,.0f} {result.unit}/s",
                result.baseline,
                result.note,
                style="" if result.held else "red",
            )
    return table


def report(results: Sequence[Measurement]) -> dict[str, Any]:
    """Return the results for machines, with what they were measured on."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "results": [result.to_dict() for result in results],
    }


if __name__ == "__main__":
    sys.exit(main())
