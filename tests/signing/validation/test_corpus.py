"""Our findings against what the authors of 39 outside files say about them."""

import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs.model import Indication
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Overall, ValidationReport

AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def judged(corpus: Path) -> list[tuple[dict[str, Any], ValidationReport]]:
    return list(_judge(corpus / "validation"))


def _judge(folder: Path) -> Iterator[tuple[dict[str, Any], ValidationReport]]:
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["format"] not in {"PAdES", "PDF"} or entry.get("gz"):
            continue
        started = time.monotonic()
        report = validate_pdf(folder / entry["file"], ValidationPolicy(), AT)
        assert time.monotonic() - started < 5, entry["file"]
        yield entry, report


def test_intact_is_what_the_authors_say(judged: list[tuple[dict[str, Any], ValidationReport]]) -> None:
    wrong = [
        (entry["file"], [s.intact for s in report.signatures])
        for entry, report in judged
        if entry["intact"] is not None
        and not entry.get("disputed")
        and all(s.intact is True for s in report.signatures) is not entry["intact"]
    ]

    assert len(judged) > 30
    assert wrong == []


def test_changes_after_signing_are_what_the_authors_say(
    judged: list[tuple[dict[str, Any], ValidationReport]],
) -> None:
    wrong = [
        (entry["file"], [s.modifications_after.value for s in report.signatures])
        for entry, report in judged
        if "modified_after" in entry and any(s.modified_after for s in report.signatures) is not entry["modified_after"]
    ]

    assert wrong == []


def test_every_content_signature_and_document_time_stamp_is_reported(
    judged: list[tuple[dict[str, Any], ValidationReport]],
) -> None:
    for entry, report in judged:
        assert len(report.signatures) == entry["signatures"], entry["file"]
        assert len(report.document_timestamps) == entry.get("doc_timestamps", 0), entry["file"]


def test_what_its_author_calls_valid_is_not_called_changed_or_broken(
    judged: list[tuple[dict[str, Any], ValidationReport]],
) -> None:
    for entry, report in judged:
        if entry["category"] == "valid":
            assert {s.indication for s in report.signatures} == {Indication.INDETERMINATE}, entry["file"]
            assert not any(s.modified_after for s in report.signatures), entry["file"]


def test_nothing_passes_without_an_installed_anchor(judged: list[tuple[dict[str, Any], ValidationReport]]) -> None:
    assert all(report.overall is not Overall.PASSED for _, report in judged)


def test_a_bomb_costs_a_limited_process_little(corpus: Path, tmp_path: Path) -> None:
    """The ten-gigabyte bomb, in a process of 1 GB and 10 s, as the gateway's child is."""
    packed = corpus / "validation" / "pdf101__01-testsuite__01-dos__02-deflate-bomb__deflate-bomb-10GB.pdf.gz"
    (tmp_path / "bomb.pdf").write_bytes(gzip.decompress(packed.read_bytes()))
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from signing.validation.document import validate_pdf; from signing.validation.policy import ValidationPolicy\n"
        "print(validate_pdf(Path(sys.argv[1]), ValidationPolicy(), datetime(2026, 11, 1, tzinfo=UTC)).overall.value)"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "bomb.pdf"],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.stdout.strip() in {"NO_SIGNATURE", "INDETERMINATE"}, done.stderr
