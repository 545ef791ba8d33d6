"""Receipts as XML: every fact where the form says, and forms that cannot be used."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from payments.errors import ReceiptFormUnsound
from payments.model import FeeKind
from payments.money import Money
from payments.receipts.document import ReceiptFacts, ReceiptLine
from payments.receipts.xml_document import FACTS, ITEM_FACTS, SHIPPED, load_xml_form, receipt_xml

FACTS_OF_ONE = ReceiptFacts(
    kind=FeeKind.PHI,
    form_code="01BLP0-001",
    series="PH-26E",
    printed_number="0000042",
    unit_name="UBND phường Ví Dụ",
    payer_name="Nguyễn <Thị> & \x0bMẫu",
    dossier_code="HS-1",
    payment_method="Chuyển khoản (CK)",
    lines=(ReceiptLine("Phí A", "805", "2716", Money(120_000)), ReceiptLine("Phí B", "805", "2717", Money(1))),
    amount=Money(120_001),
    amount_in_words="Một trăm hai mươi nghìn không trăm linh một đồng",
    paid_at=datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC),
    issued_at=datetime(2026, 12, 31, 17, 0, tzinfo=UTC),
    payer_number="0101234567",
)


def _read(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False))


def test_every_fact_stands_where_the_form_says():
    root = _read(receipt_xml(FACTS_OF_ONE, "https://cong.example/receipts/x", load_xml_form()))

    told = {path: root.findtext(path) for path in load_xml_form().facts}
    assert told["DLBLai/TTChung/SBLai"] == "0000042"
    assert told["DLBLai/TTChung/NLap"] == "2027-01-01"
    assert told["DLBLai/TTChung/TDNop"] == "2026-12-31T23:59:59+07:00"
    assert told["DLBLai/NDBLai/NNop/Ten"] == "Nguyễn <Thị> & Mẫu"
    assert told["DLBLai/NDBLai/TToan/TgTTTBSo"] == "120001"
    assert told["DLBLai/NDBLai/NNop/DChi"] is told["DLBLai/TTChung/SBLTThe"] is None
    fees = [[cell.text for cell in fee] for fee in root.findall("DLBLai/NDBLai/DSPLPhi/PLPhi")]
    assert fees == [["1", "Phí A", "805", "2716", "120000"], ["2", "Phí B", "805", "2717", "1"]]
    assert [element.tag for element in root.iter() if element.get("Id") == "data"] == ["DLBLai"]


def test_the_shipped_form_has_a_place_for_every_fact():
    form = load_xml_form()
    assert (set(form.facts.values()), set(form.item_facts.values())) == (FACTS, ITEM_FACTS)


def test_another_form_gives_other_names_and_a_namespace(tmp_path):
    path = tmp_path / "form.toml"
    text = SHIPPED.read_text(encoding="utf-8").replace('namespace = ""', 'namespace = "urn:bien-lai"')
    path.write_text(text.replace('root = "BLai"', 'root = "Receipt"'), encoding="utf-8")
    form = load_xml_form(path)
    root = _read(receipt_xml(FACTS_OF_ONE, "https://x.example", form))

    assert root.tag == "{urn:bien-lai}Receipt"
    assert {etree.QName(element).namespace for element in root.iter()} == {"urn:bien-lai"}
    assert len(root.getroottree().xpath(form.seal_place.path, namespaces=dict(form.seal_place.namespaces))) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"version"', '"price"'),
        ('root = "BLai"', 'root = "1 2"'),
        ('root = "BLai"', ""),
        ('seal = "DSCKS/CQThu"', 'seal = "DLBLai/Seal"'),
        ('sealed_id = "data"', 'sealed_id = "a b"'),
        ("[facts]", "[facts"),
        ('STT = "line"', "STT = 5"),
    ],
)
def test_a_form_that_cannot_be_used_is_refused(tmp_path, before, after):
    path = tmp_path / "form.toml"
    path.write_text(SHIPPED.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(ReceiptFormUnsound):
        load_xml_form(path)


def test_a_form_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReceiptFormUnsound):
        load_xml_form(tmp_path / "nothing.toml")
