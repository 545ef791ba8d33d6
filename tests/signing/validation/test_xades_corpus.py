"""XML signatures that others made, good and hostile, held against what their makers say about them."""

import json
from pathlib import Path

import pytest

from certs.model import SubIndication
from signing.formats.xml.parsing import parse_xml
from signing.validation.policy import ValidationPolicy
from signing.validation.xades import XadesFindings, check_xades
from signing.validation.xml_document import validate_xades

# Its key stands there bare, without a certificate: whose it is cannot be worked out, so nothing is called intact.
WITHOUT_CERTIFICATE = "xmldsig-only.xml"


@pytest.fixture(scope="module")
def files(corpus: Path) -> dict[str, dict]:
    lines = (corpus / "validation" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return {known["file"]: known for known in map(json.loads, lines) if known["format"] == "XAdES"}


@pytest.fixture(scope="module")
def found(corpus: Path, files: dict[str, dict]) -> dict[str, tuple[XadesFindings, ...]]:
    return {name: check_xades(parse_xml((corpus / "validation" / name).read_bytes())) for name in files}


def test_the_number_of_signatures_and_their_integrity_are_as_their_makers_say(files, found):
    assert len(files) >= 14
    for name, known in files.items():
        assert len(found[name]) == known["signatures"], name
        if known["intact"] is not None and not name.endswith(WITHOUT_CERTIFICATE):
            assert all(one.intact for one in found[name]) is known["intact"], name


def test_a_wrapped_signature_is_never_taken_for_good(files, found):
    wrapped = [name for name, known in files.items() if known["category"] == "wrapping"]
    assert len(wrapped) >= 3
    for name in wrapped:
        for one in found[name]:
            assert one.sub_indication in {SubIndication.SIGNED_DATA_NOT_FOUND, SubIndication.FORMAT_FAILURE}, name
            assert not one.intact


def test_what_a_detached_signature_signs_is_said_to_be_missing(found):
    (one,) = next(value for name, value in found.items() if "500-references" in name)

    assert (one.sub_indication, one.intact) == (SubIndication.SIGNED_DATA_NOT_FOUND, None)
    assert len(one.parts) == 500


def test_time_stamps_of_others_are_about_what_we_take_them_to_be_about(corpus, files, now):
    """The archive time-stamps in one of the files were made by EU DSS; a copied one must not pass for the original."""
    stamps = {
        name: [
            [(stamp.place, stamp.sub_indication) for stamp in one.timestamps]
            for one in validate_xades(corpus / "validation" / name, {}, ValidationPolicy(), now).signatures
        ]
        for name in files
        if any(part in name for part in ("doubleSigned", "copied-tst", "with-tsvd"))
    }

    double = stamps[_named(stamps, "doubleSigned")]
    assert [[place for place, _ in one] for one in double] == [["signature", "archive"]] * 2
    about_other_content = {
        name: [sub is SubIndication.HASH_FAILURE for one in found for _, sub in one] for name, found in stamps.items()
    }
    assert about_other_content.pop(_named(about_other_content, "copied-tst")) == [False, True]
    assert [set(found) for found in about_other_content.values()] == [{False}] * 2


def _named(found, part):
    return next(name for name in found if part in name)


def test_a_bare_key_names_no_signer(found):
    (one,) = next(value for name, value in found.items() if name.endswith(WITHOUT_CERTIFICATE))

    assert (one.sub_indication, one.signer_der) == (SubIndication.NO_SIGNING_CERTIFICATE_FOUND, None)
