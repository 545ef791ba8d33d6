"""Level by kind of document: certified, with fields of its own, encrypted; each held good by us and by others."""

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from signing.errors.documents import DocumentEncrypted, DocumentRestricted
from signing.model import Certification, FieldLock, InField, Level
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from tests.signing.augmentation.bench import City, in_years, opened
from tests.signing.conftest import DOCUMENTS
from tests.signing.judges import pdfsig_verdicts, qpdf_problems

PRODUCERS = {
    "certified": "libreoffice",
    "field": "libreoffice",
    "encrypted-user": "encrypted-user",
    "encrypted-owner": "encrypted-owner",
}
OWNER = "owner"


def document(kind: str, city: City) -> Path:
    source = DOCUMENTS / f"quyet-dinh.{PRODUCERS[kind]}.pdf"
    if kind != "field":
        return source
    writer = IncrementalPdfFileWriter(BytesIO(source.read_bytes()))
    append_signature_field(writer, SigFieldSpec("Lãnh đạo"))
    append_signature_field(writer, SigFieldSpec("Văn thư"))
    target = city.path("form")
    with target.open("wb") as stream:
        writer.write(stream)
    return target


def profile(kind: str) -> dict[str, object]:
    if kind == "certified":
        return {"certification": Certification.NO_CHANGES}
    if kind == "field":
        return {"placement": InField("Lãnh đạo"), "lock": FieldLock("include", ("Lãnh đạo",))}
    return {}


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("kind", PRODUCERS)
def test_every_level_on_every_kind_of_document(city, official, kind, level):
    password = OWNER if kind.startswith("encrypted") else None
    source = document(kind, city)

    path, signed = city.sign(source, official, level, password=password, profile=profile(kind))

    assert signed.field_name == ("Lãnh đạo" if kind == "field" else "Signature1")
    if level.has_material:
        stamps = int(level is Level.B_LTA)
        city.assert_provable(path, level.value, timestamps=stamps, password=password)
        return
    policy = ValidationPolicy(tuple(city.anchors()), city.evidence(city.authority.now))
    (found,) = validate_pdf(path, policy, in_years(0), password).signatures
    assert (found.indication, found.level) == ("TOTAL_PASSED", f"PAdES-{level}")
    assert pdfsig_verdicts(path, password or "") == ["Signature is Valid."]
    assert qpdf_problems(path, password or "") == ""


@pytest.mark.parametrize("kind", PRODUCERS)
def test_a_further_signature_and_an_archive_stamp_break_nothing(city, official, seal, kind):
    password = OWNER if kind.startswith("encrypted") else None
    more = {"certification": Certification.FORMS_AND_SIGNATURES} if kind == "certified" else {}
    path, _ = city.sign(document(kind, city), official, Level.B_LT, password=password, profile=profile(kind) | more)
    second = {"placement": InField("Văn thư")} if kind == "field" else {}
    path, _ = city.sign(path, seal, Level.B_T, password=password, profile=second)

    raised = city.augment(path, Level.B_LTA, password=password)

    city.assert_provable(raised, "B-LTA", "B-LTA", timestamps=1, password=password)


@pytest.mark.parametrize(
    ("producer", "password", "refusal"),
    [
        ("encrypted-user", None, DocumentEncrypted),
        ("encrypted-user", "wrong", DocumentEncrypted),
        ("encrypted-owner", None, DocumentRestricted),
        ("encrypted-owner", "wrong", DocumentRestricted),
    ],
)
def test_a_document_whose_password_is_not_given_is_refused_and_the_password_is_not_told(
    city, official, producer, password, refusal
):
    source = DOCUMENTS / f"quyet-dinh.{producer}.pdf"

    for attempt in (
        lambda: city.sign(source, official, Level.B_LT, password=password),
        lambda: city.augment(source, Level.B_LT, password=password),
    ):
        with pytest.raises(refusal) as caught:
            attempt()
        assert password is None or password not in str(caught.value)
    assert list(city.folder.iterdir()) == []


def test_a_reader_who_may_fill_in_forms_may_sign_and_the_password_is_in_no_repr(city, official):
    source = DOCUMENTS / "quyet-dinh.encrypted-user.pdf"

    path, _ = city.sign(source, official, Level.B_LTA, password="user")

    assert opened(path, "user").embedded_regular_signatures
    city.assert_provable(path, "B-LTA", timestamps=1, password=OWNER)
    assert "secret" not in repr(city.tools(password="secret"))
