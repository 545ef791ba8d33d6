"""Damaged PDFs that can still be read: repaired when asked, then signed; or refused with the reason."""

from pathlib import Path

import pytest

from gateway.devpki.model import OFFICIAL
from tests.journeys.city import DECISION, City, good_signatures

DOCUMENTS = Path(__file__).parents[1] / "documents"
WHOLE = DECISION.read_bytes()


def lost_tables(content: bytes) -> bytes:
    """Overwrite each cross-reference table's keyword and each trailer's pointer, as a bad transfer might."""
    return content.replace(b"startxref", b"startxxxx").replace(b"xref\n", b"xxxx\n")


def repaired(city: City, content: bytes):
    kept = city.upload(content).get_json()
    assert (kept["inspection"]["signable"], kept["inspection"]["problem_code"]) == (False, "document-unreadable")
    return kept, city.post(f"/v1/documents/{kept['id']}/repair", {})


@pytest.mark.parametrize(
    "content",
    [
        (DOCUMENTS / "quyet-dinh.bad-startxref.pdf").read_bytes(),
        lost_tables(WHOLE),
        WHOLE[: WHOLE.rindex(b"startxref")],
    ],
    ids=["bad-startxref", "lost-tables", "no-end"],
)
def test_a_damaged_pdf_is_signed_once_it_is_repaired(content: bytes, city: City, tmp_path: Path) -> None:
    kept, answer = repaired(city, content)

    made = answer.get_json()
    assert (answer.status_code, made["previous_id"], made["inspection"]["signable"]) == (201, kept["id"], True)
    mended = tmp_path / "mended.pdf"
    mended.write_bytes(city.get(f"/v1/documents/{made['id']}/content").data)
    request = city.ask((OFFICIAL,), mended)
    city.work()
    assert good_signatures(city.signed_file(request)) == 1
    assert city.get(f"/v1/documents/{kept['id']}/content").data == content
    assert len(city.audited("document.repaired")) == 1


def test_what_cannot_or_must_not_be_repaired_is_refused(city: City) -> None:
    request = city.ask((OFFICIAL,))
    city.work()
    signed = lost_tables(city.signed_file(request).read_bytes())
    whole = city.upload(DECISION).get_json()

    refusals = [
        repaired(city, (DOCUMENTS / "quyet-dinh.truncated.pdf").read_bytes())[1],
        repaired(city, signed)[1],
        city.post(f"/v1/documents/{whole['id']}/repair", {}),
    ]

    assert [answer.get_json()["code"] for answer in refusals] == [
        "document-beyond-repair",
        "repair-would-break-signatures",
        "document-needs-no-repair",
    ]
