"""CAdES files by others: what their authors say of them, and what we find."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs.model import Indication, SubIndication
from signing.formats.cades.structure import read_signed_data, write_signed_data
from signing.formats.mapped import map_file
from signing.validation.cades import collect_cades_needs, validate_cades
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Overall, ValidationReport

AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def judged(corpus: Path) -> list[tuple[dict[str, Any], ValidationReport]]:
    folder = corpus / "validation"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    return [(one, _judge(folder, one)) for one in entries if one["format"] == "CAdES"]


def _judge(folder: Path, entry: dict[str, Any]) -> ValidationReport:
    content = folder / entry["detached_local"][0] if entry.get("detached_local") else None
    return validate_cades(folder / entry["file"], content, ValidationPolicy(), AT)


def test_each_signature_and_counter_signature_is_reported(judged) -> None:
    assert len(judged) >= 8
    for entry, report in judged:
        names = [one.field_name for one in report.signatures]
        assert sum("." not in name for name in names) == entry["signatures"], entry["file"]
        assert sum("." in name for name in names) == entry.get("counter_signatures", 0), entry["file"]


def test_integrity_is_what_their_authors_say(judged) -> None:
    stated = [(entry, report) for entry, report in judged if entry["intact"] is not None]
    wrong = [
        entry["file"]
        for entry, report in stated
        if all(one.intact for one in report.signatures if "." not in one.field_name) is not entry["intact"]
    ]
    assert wrong == []


def test_a_signature_without_its_certificate_is_no_reason_to_call_it_broken(judged) -> None:
    (report,) = [report for entry, report in judged if "cms-no-sign-cert" in entry["file"]]
    assert report.signatures[0].sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert report.signatures[0].indication is Indication.INDETERMINATE


def test_nothing_passes_without_an_installed_anchor(judged) -> None:
    for entry, report in judged:
        assert report.overall is not Overall.PASSED, entry["file"]
        assert all(one.indication is not Indication.PASSED for one in report.signatures), entry["file"]


def test_two_archive_time_stamps_of_another_implementation_are_about_what_is_there(judged) -> None:
    """Their imprints are right; only their old authority is unknown here."""
    (report,) = [report for entry, report in judged if "DoubleLTA" in entry["file"]]
    stamps = [stamp for stamp in report.signatures[0].timestamps if stamp.place == "archive"]
    assert len(stamps) == 2
    assert {stamp.sub_indication for stamp in stamps} <= {
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
    }


def test_taking_a_file_apart_and_putting_it_together_keeps_every_part(corpus) -> None:
    files = [*(corpus / "validation").glob("dss__dss-cades__*.p7*"), *(corpus / "validation").glob("*Test.bin.sig")]
    assert len(files) >= 8
    for file in files:
        parts = read_signed_data(map_file(file))
        again = read_signed_data(b"".join(write_signed_data(parts)))
        assert (again.signers, again.certificates, again.crls) == (parts.signers, parts.certificates, parts.crls)
        assert b"".join(again.content_pieces) == b"".join(parts.content_pieces), file


def test_what_must_be_asked_is_found_in_each_that_holds_a_certificate(corpus) -> None:
    file = corpus / "validation" / "dss__dss-cades__validation__CAdESDoubleLTA.p7m"
    assert len(collect_cades_needs(file).queries) >= 1
