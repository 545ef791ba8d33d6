"""A receipt's page, and its document only once it is sealed."""

import hashlib

import pytest
from flask import Flask

from payments.store.tables import ReceiptRow
from tests.gateway.pages.office import PDF, Browser, Office
from tests.gateway.pages.test_pay import call, choose_vnpay
from tests.gateway.pages.vnpay import answer, signed


@pytest.fixture
def receipts(app: Flask, citizen: Browser, office: Office) -> list[ReceiptRow]:
    order = office.order("HS-1")
    assert call(app, signed(answer(choose_vnpay(citizen, order.pay_token)))) == "00"
    return office.number_receipts(order)


def test_a_numbered_receipt_is_shown_but_has_no_document_yet(citizen: Browser, receipts: list[ReceiptRow]) -> None:
    page = citizen.words(f"/receipts/{receipts[0].code}")

    assert "Đang lập" in page
    assert receipts[0].printed_number in page
    assert citizen.get(f"/receipts/{receipts[0].code}.pdf").status_code == 404


def test_a_sealed_receipt_gives_its_document_byte_for_byte(
    citizen: Browser, office: Office, receipts: list[ReceiptRow]
) -> None:
    office.seal(receipts[0])
    page = citizen.words(f"/receipts/{receipts[0].code}")
    response = citizen.get(f"/receipts/{receipts[0].code}.pdf")

    for fact in ("Đang có hiệu lực", "100.000 ₫", "Một trăm nghìn đồng", "UBND phường Một", "(+07:00)"):
        assert fact in page
    assert (response.data, response.mimetype) == (PDF, "application/pdf")
    assert response.headers["ETag"] == f'"{hashlib.sha256(PDF).hexdigest()}"'
    assert citizen.get(f"/receipts/{receipts[1].code}.pdf").status_code == 404


def test_phi_and_le_phi_are_receipted_apart(app: Flask, receipts: list[ReceiptRow]) -> None:
    words = [Browser(app, "en").words(f"/receipts/{receipt.code}") for receipt in receipts]

    assert ["100,000 ₫" in page for page in words] == [True, False]
    assert ["50,000 ₫" in page for page in words] == [False, True]


@pytest.mark.parametrize("path", ["/receipts/{}x", "/receipts/{}x.pdf", "/receipts/0000001", "/receipts/0000001.pdf"])
def test_a_number_or_a_guess_opens_no_receipt(citizen: Browser, receipts: list[ReceiptRow], path: str) -> None:
    assert citizen.get(path.format(receipts[0].code)).status_code == 404
