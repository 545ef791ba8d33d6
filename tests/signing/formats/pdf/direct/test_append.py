"""The parent's part: it reads, hashes and copies the original, and believes nothing of the plan."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from signing.errors.signatures import RevisionAltered, SignatureDoesNotFit
from signing.formats.pdf.direct.append import append_revision, read_original, revision_digest
from signing.formats.pdf.direct.plan import plan_revision
from signing.formats.pdf.direct.revision import PlannedRevision
from signing.formats.pdf.prepare import PdfSignatureOrder
from signing.model import Invisible
from tests.signing.formats.pdf.builder import minimal, stream
from tests.signing.judges import qpdf_problems


@pytest.fixture
def order(now) -> PdfSignatureOrder:
    return PdfSignatureOrder(Invisible(), "Ai", now, "sha384", 100)


@pytest.fixture
def planned(document, order) -> PlannedRevision:
    found = plan_revision(document("libreoffice"), order, False)
    assert isinstance(found, PlannedRevision)
    return found


@pytest.fixture
def original(document):
    return read_original(document("libreoffice"), "sha384")


def test_digest_and_result_are_over_the_bytes_that_are_written(original, planned, document, tmp_path):
    target = tmp_path / "signed.pdf"

    digest = revision_digest(original, planned)
    sha256, size = append_revision(original, planned, b"\x30\x00", target)

    written = target.read_bytes()
    gap = len(document("libreoffice").read_bytes()) + len(planned.before_gap)
    assert written[gap : gap + 5] == b"<3000"
    assert digest == hashlib.sha384(written[:gap] + written[gap + planned.gap_size :]).digest()
    assert (sha256, size) == (hashlib.sha256(written).digest(), len(written))


@pytest.mark.parametrize(
    "alter",
    [
        lambda p: replace(p, original_size=p.original_size - 1),
        lambda p: replace(p, gap_size=p.gap_size + 2),
        lambda p: replace(p, before_gap=p.before_gap + b" "),
        lambda p: replace(p, after_gap=p.after_gap + b" "),
        lambda p: replace(p, before_gap=p.before_gap.replace(b"[0 ", b"[1 ")),
        lambda p: replace(p, gap_size=0),
    ],
)
def test_a_plan_that_does_not_fit_the_original_is_refused(alter, original, planned):
    with pytest.raises(RevisionAltered):
        revision_digest(original, alter(planned))


def test_a_cms_that_is_too_large_is_not_written(original, planned, tmp_path):
    append_revision(original, planned, b"\x30" * 100, tmp_path / "full.pdf")
    with pytest.raises(SignatureDoesNotFit):
        append_revision(original, planned, b"\x30" * 101, tmp_path / "over.pdf")

    assert not (tmp_path / "over.pdf").exists()


LARGE = 4 * 1024 * 1024


def test_a_large_file_that_changes_meanwhile_is_not_signed(order, tmp_path):
    source = tmp_path / "large.pdf"
    source.write_bytes(minimal(stream(bytes(LARGE))))
    found, planned = read_original(source, "sha384"), plan_revision(source, order, False)
    assert found.content is None
    append_revision(found, planned, b"\x30\x00", tmp_path / "good.pdf")
    assert qpdf_problems(tmp_path / "good.pdf") == ""
    assert (tmp_path / "good.pdf").read_bytes().startswith(source.read_bytes())

    with source.open("r+b") as file:
        file.seek(1000)
        file.write(b"changed")
    with pytest.raises(RevisionAltered):
        append_revision(found, planned, b"\x30\x00", tmp_path / "bad.pdf")


_SIGN = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from signing.formats.pdf.direct.append import append_revision, read_original, revision_digest
from signing.formats.pdf.direct.plan import plan_revision
from signing.formats.pdf.prepare import PdfSignatureOrder
from signing.model import Invisible

def sign(name):
    source = Path(sys.argv[1]) / name
    order = PdfSignatureOrder(Invisible(), "Ai", datetime.now(UTC), "sha256", 100)
    original, planned = read_original(source, "sha256"), plan_revision(source, order, True)
    revision_digest(original, planned)
    append_revision(original, planned, b"0", source.with_suffix(".signed"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

small, large = sign("small.pdf"), sign("large.pdf")
print(large - small)
"""


def test_a_file_of_a_hundred_megabytes_takes_a_few_megabytes_of_memory(tmp_path):
    (tmp_path / "small.pdf").write_bytes(minimal())
    (tmp_path / "large.pdf").write_bytes(minimal(stream(bytes(100_000_000))))

    done = subprocess.run(
        [sys.executable, "-c", _SIGN, str(tmp_path)], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )

    assert (tmp_path / "large.signed").stat().st_size > 100_000_000
    assert int(done.stdout) < 16 * 1024
