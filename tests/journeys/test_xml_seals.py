"""A unit's seal in a receipt's XML, with the real children, keys in files and in tokens, and the city's responders."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.devpki.model import ANCHOR, SEAL
from gateway.receipt_seal import UnitSeal
from gateway.validating import validate_file
from payments.receipts.seal import XmlSealPlace
from signing.errors.files import EarlierSignatureBroken
from signing.errors.xml import XmlForbidden, XmlReferenceUnsound
from tests.journeys.city import UNIT_NAME, City
from tests.signing.formats.xml.judges import xmlsec1_verdict

RECEIPT = b"""<?xml version="1.0" encoding="UTF-8"?>
<HDon xmlns="urn:bienlai"><DLHDon Id="data"><KHMSHDon>01BLP0-001</KHMSHDon><TToan>50000</TToan></DLHDon>
<DSCKS><NBan/></DSCKS></HDon>
"""
PLACE = XmlSealPlace("data", "/r:HDon/r:DSCKS/r:NBan", (("r", "urn:bienlai"),))


def _sealed(city: City, folder: Path, content: bytes = RECEIPT) -> Path:
    source, target = folder / "receipt.xml", folder / "sealed.xml"
    source.write_bytes(content)
    made = UnitSeal(city.services, city.seed.unit_id, UNIT_NAME).seal_xml(source, target, PLACE)
    assert made.size_bytes == target.stat().st_size
    return target


def _assert_good(city: City, sealed: Path, pki) -> None:
    (found,) = validate_file(city.services, sealed, datetime.now(UTC)).signatures
    assert (found.indication, found.level) == ("TOTAL_PASSED", "XAdES-B-T")
    assert found.signer_certificate_der == pki.certificate_der(SEAL)
    assert xmlsec1_verdict(sealed, pki.certificate_der(ANCHOR), ["DLHDon"]) == ""
    data = sealed.read_bytes()
    start, end = data.index(b"<ds:Signature "), data.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    assert data[:start] + data[end:] == RECEIPT.replace(b"<NBan/>", b"<NBan></NBan>")


def test_a_receipts_xml_is_sealed_where_receivers_look_for_the_seal(city: City, pki, tmp_path: Path) -> None:
    _assert_good(city, _sealed(city, tmp_path), pki)


def test_a_token_seals_xml_as_a_key_file_does(token_city: City, pki, tmp_path: Path) -> None:
    _assert_good(token_city, _sealed(token_city, tmp_path), pki)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a Id="data">&e;</a>', XmlForbidden),
        (RECEIPT.replace(b"<DSCKS>", b'<DLHDon Id="data"/><DSCKS>'), XmlReferenceUnsound),
    ],
)
def test_xml_that_could_say_two_things_is_refused_by_the_child(
    content: bytes, refusal: type[Exception], city: City, tmp_path: Path
) -> None:
    with pytest.raises(refusal):
        _sealed(city, tmp_path, content)
    assert not (tmp_path / "sealed.xml").exists()


def test_a_changed_receipt_is_not_sealed_again(city: City, tmp_path: Path) -> None:
    changed = _sealed(city, tmp_path).read_bytes().replace(b"50000", b"90000")
    with pytest.raises(EarlierSignatureBroken):
        _sealed(city, tmp_path, changed)
