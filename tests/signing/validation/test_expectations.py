"""Outside files, their format unknown, against what their authors' tests expect; each deviation has its reason."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from signing.validation.policy import ValidationPolicy
from signing.validation.registry import validate_signed_file
from signing.validation.report import Overall, ValidationReport

AT = datetime(2026, 11, 1, tzinfo=UTC)
# By a part of the file's name: why our answer about the digests and values is another.
DEVIATIONS = {
    "pdf-eof.pdf": "digest and value hold; the file fails by what the byte range leaves out (FORMAT_FAILURE)",
    "xmldsig-only.xml": "nothing refers to the signer's certificate: whose signature it is cannot be told",
    "onefile-wrong-file.asice": "the signed file is not there: SIGNED_DATA_NOT_FOUND instead of a broken digest",
    "onefile-wrong-file.asics": "the signed file is not there: SIGNED_DATA_NOT_FOUND instead of a broken digest",
    "multifiles-wrong-file.asice": "the signed files are not there: SIGNED_DATA_NOT_FOUND instead of broken digests",
    "testtimestamp.asics": "a time-stamp over a file is no signature: containers of that kind are not read",
    "1xTST-valid-bdoc": "a time-stamp over a file is no signature: containers of that kind are not read",
    "signature_wrapping_attack_timestamp": "ODF signs its parts by rules of its own, which are not read",
}
# The authors count files of signatures, one of which holds several; a manifest that cannot be read signs nothing here.
COUNTED_OTHERWISE = {"one-valid-and-multiple-invalid-signatures.asice", "brokenReferenceAndAlteredManifest.asice"}


def entries(folder: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    return [entry for entry in found if not entry.get("gz")]


def judged(folder: Path, entry: dict[str, Any]) -> ValidationReport:
    beside = {name.rpartition("__")[2]: folder / name for name in entry.get("detached_local") or []}
    return validate_signed_file(folder / entry["file"], beside, ValidationPolicy(), AT)


def intact(report: ValidationReport) -> list[bool | None]:
    """What we say of each signature that is no counter-signature."""
    return [one.intact for one in report.signatures if "." not in one.field_name.rpartition("#")[2]]


def known(entry: dict[str, Any], names: Any) -> bool:
    return any(name in entry["file"] for name in names)


@pytest.fixture(scope="module")
def reports(corpus: Path) -> list[tuple[dict[str, Any], ValidationReport]]:
    folder = corpus / "validation"
    return [(entry, judged(folder, entry)) for entry in entries(folder)]


def test_digests_and_values_are_what_the_authors_say_but_for_named_deviations(reports) -> None:
    other = [
        entry["file"]
        for entry, report in reports
        if entry["intact"] is not None and all(one is True for one in intact(report) or [None]) is not entry["intact"]
    ]

    assert len(reports) > 75
    assert [name for name in other if not any(part in name for part in DEVIATIONS)] == []


def test_each_deviation_is_still_one_and_none_of_them_passes(reports) -> None:
    for entry, report in reports:
        if known(entry, DEVIATIONS):
            assert report.overall is not Overall.PASSED, entry["file"]
            answer = intact(report)
            assert not answer or all(one is True for one in answer) is not entry["intact"] or None in answer


def test_as_many_signatures_are_found_as_the_authors_count(reports) -> None:
    wrong = [
        (entry["file"], len(intact(report)), entry["signatures"])
        for entry, report in reports
        if not known(entry, COUNTED_OTHERWISE)
        and "." in entry["file"]
        and entry["format"] not in {"PAdES", "PDF", "ODF"}
        if len(intact(report)) != entry["signatures"]
    ]

    assert wrong == []
