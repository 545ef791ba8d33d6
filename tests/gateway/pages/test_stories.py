"""A dossier's story: its steps in their order, in words, with the evidence; and the list of dossiers."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from config.identifiers import new_id
from gateway.db.tables.work import AuditRow, EventRow, WebhookDeliveryRow, WebhookEndpointRow
from gateway.demo.statement import camt053_document, entry
from gateway.pages.story_list import PAGE_ROWS
from gateway.services import Services
from gateway.statement_import import import_file
from payments.local_time import HANOI
from payments.statements.parse import parse_statement
from tests.gateway.pages.office import PDF, Browser, Office, now, said
from tests.gateway.pages.test_pay import call, choose_vnpay
from tests.gateway.pages.vnpay import answer, signed

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def headings(page: Any) -> list[str]:
    return [heading.text_content() for heading in page.xpath("//ol[@class='timeline']//h3")]


def overall_word(page: Any) -> str:
    word: str = page.xpath("//main//h1/following::span[contains(@class, 'pill')]")[0].text_content()
    return word


@pytest.fixture
def paid(app: Flask, citizen: Browser, office: Office) -> str:
    """A dossier whose payment was first called with a wrong amount, by a forger, then honestly, then again."""
    order = office.order("HS-1")
    address = choose_vnpay(citizen, order.pay_token)
    assert call(app, signed(answer(address), b"a forger's secret")) == "97"
    assert call(app, signed(answer(address, Amount="100"))) == "04"
    assert call(app, signed(answer(address, TxnRef="NOSUCHREFERENCE2"))) == "01"
    assert call(app, signed(answer(address))) == "00"
    assert call(app, signed(answer(address))) == "02"
    for receipt in office.number_receipts(order):
        office.seal(receipt)
    return "HS-1"


def test_steps_stand_in_the_order_in_which_things_happened(office: Office, paid: str) -> None:
    page = office.person("auditor").read(f"/admin/dossiers/{paid}")

    assert headings(page) == [
        "Mở khoản thu",
        "Người nộp bắt đầu trả tiền",
        "Cuộc gọi từ nhà cung cấp",
        "Cuộc gọi từ nhà cung cấp",
        "Ghi sổ",
        "Cuộc gọi từ nhà cung cấp",
        "Cấp biên lai",
        "Cấp biên lai",
    ]
    times = page.xpath("//ol[@class='timeline']/li/div[contains(@class, 'small')]/time/@datetime")
    assert times == sorted(times)


def test_calls_are_shown_with_our_answers_and_only_those_about_the_dossier(office: Office, paid: str) -> None:
    words = office.person("auditor").words(f"/admin/dossiers/{paid}")

    for fact in ("04 sai số tiền", "00 xác nhận", "02 đã xác nhận trước đó", "Cuộc gọi báo 1 ₫, khác số tiền"):
        assert fact in words
    # A forger's call and one about an unknown reference belong to no dossier.
    assert "97" not in re.findall(r"\b97\b", words)
    assert "không thấy khoản thu" not in words


def test_nothing_is_shown_by_its_id_where_it_has_a_name(office: Office, paid: str) -> None:
    words = office.person("auditor").words(f"/admin/dossiers/{paid}")

    assert ID.findall(words) == []
    for name in (
        "Hệ thống hồ sơ UBND phường Một",
        "Người dân",
        "VNPAY",
        "Tiền đang ở nhà cung cấp: VNPAY",
        "Phí, lệ phí đã thu: phí, chương 805, tiểu mục 2716, UBND phường Một",
        "khoản thu 150.000 ₫",
    ):
        assert name in words
    assert "is not the attempt's amount" not in words


def test_the_story_reads_in_english_too(app: Flask, office: Office, paid: str) -> None:
    auditor = office.person("auditor")
    auditor.http.set_cookie("lang", "en")
    words = auditor.words(f"/admin/dossiers/{paid}")

    for fact in ("The call says 1 ₫", "Money held by the provider: VNPAY", "A citizen", "fee order of 150,000 ₫"):
        assert fact in words
    assert "Người dân" not in words


def test_a_failed_try_does_not_make_a_paid_dossier_look_failed(app: Flask, citizen: Browser, office: Office) -> None:
    order = office.order("HS-1")
    assert call(app, signed(answer(choose_vnpay(citizen, order.pay_token), "24"))) == "00"
    assert call(app, signed(answer(choose_vnpay(citizen, order.pay_token), TransactionNo="2"))) == "00"
    auditor = office.person("auditor")
    page = auditor.read("/admin/dossiers/HS-1")

    assert "Báo không trả được, không ghi sổ" in said(page)
    assert overall_word(page) == "Xong"
    assert "Xong" in auditor.words("/admin")


def test_a_cancelled_order_says_why(office: Office) -> None:
    office.cancel(office.order("HS-1"), "lập nhầm")
    page = office.person("auditor").read("/admin/dossiers/HS-1")

    assert "Đóng khoản thu, không thu tiền" in headings(page)
    assert "Lý do: lập nhầm" in said(page)


def test_a_signing_request_is_told_with_its_document_and_who_asked(office: Office) -> None:
    document = office.document("quyet-dinh.pdf", PDF)
    office.signing_request("HS-1", "Quyết định 123", document)
    auditor = office.person("auditor")
    page = auditor.read("/admin/dossiers/HS-1")

    assert headings(page) == ["Nhận văn bản", "Yêu cầu ký số"]
    assert "Hệ thống hồ sơ UBND phường Một" in said(page)
    link = page.xpath("//a[contains(@href, '/admin/files/')]/@href")[0]
    assert auditor.get(link).data == PDF


def test_webhooks_are_one_step_with_each_delivery(office: Office, services: Services) -> None:
    order = office.order("HS-1")
    endpoint = WebhookEndpointRow(
        id=new_id(),
        unit_id=office.unit_id,
        client_id=office.client_id,
        url="http://127.0.0.1:9/hooks",
        event_types=[],
        created_at=now(),
    )
    office.cancel(order, "lập nhầm")
    with services.unit_of_work() as work:
        work.session.add(endpoint)
        for event in work.session.scalars(select(EventRow).where(EventRow.subject_id == order.id)):
            work.session.add(_delivery(event, endpoint.id, delivered=event.type == "order.opened"))
        work.commit()
    auditor = office.person("auditor")
    page = auditor.read("/admin/dossiers/HS-1")

    assert headings(page).count("Báo cho hệ thống nguồn") == 1
    for fact in ("HTTP 204", "HTTP 500", "Mở khoản thu", "order.opened", "Huỷ khoản thu", "order.cancelled"):
        assert fact in said(page)
    # News that nobody took needs a person, whatever became of the order.
    assert overall_word(page) == "Cần xem xét"


def _delivery(event: EventRow, endpoint_id: str, *, delivered: bool) -> WebhookDeliveryRow:
    return WebhookDeliveryRow(
        id=new_id(),
        unit_id=event.unit_id,
        event_id=event.id,
        endpoint_id=endpoint_id,
        state="delivered" if delivered else "failed",
        attempts=1 if delivered else 12,
        last_status=204 if delivered else 500,
        created_at=now(),
        delivered_at=now() if delivered else None,
    )


def _import(office: Office, services: Services, folder: Path, *credits: tuple[int, str]) -> None:
    """Import a statement of the office's account with these credits: amount and text."""
    lines = [entry(amount, words, f"FT{number}") for number, (amount, words) in enumerate(credits)]
    today = now().astimezone(HANOI).date()
    content = camt053_document(account="0123456789", day=today, opening_minor=0, entries=lines, created_at=now())
    file = folder / "camt053.xml"
    file.write_bytes(content)
    with services.unit_of_work() as work:
        import_file(work, office.unit_id, "operator", services.blobs.put_file(file), parse_statement(file), now())
        work.commit()


def test_a_match_an_unknown_credit_and_a_missing_payment_are_explained(
    app: Flask, citizen: Browser, office: Office, services: Services, tmp_path: Path
) -> None:
    addresses = {}
    for number, code in enumerate(("HS-1", "HS-2")):
        addresses[code] = choose_vnpay(citizen, office.order(code).pay_token)
        assert call(app, signed(answer(addresses[code], TransactionNo=f"1442257{number}"))) == "00"
    reference = answer(addresses["HS-1"])["vnp_TxnRef"]
    _import(
        office, services, tmp_path, (150_000, f"VNPAY TT {reference} 14422570"), (75_000, "nop ho so HS-1 thieu ma")
    )
    auditor = office.person("auditor")
    matched, missing = auditor.words("/admin/dossiers/HS-1"), auditor.words("/admin/dossiers/HS-2")

    assert "Theo mã tham chiếu của hệ thống" in matched
    assert "Khoản này chưa gắn với khoản thu nào, nhưng nội dung có nhắc mã hồ sơ." in matched
    assert "75.000 ₫" in matched
    assert "Chưa thấy trong sao kê" in missing
    assert "75.000" not in missing
    assert "Cần xem xét" in auditor.words("/admin?search=HS-2")
    assert "Cần xem xét" not in auditor.words("/admin?search=HS-1")


def test_an_unknown_credit_is_shown_only_where_the_whole_code_is_named_and_only_to_its_unit(
    office: Office, neighbour: Office, services: Services, tmp_path: Path
) -> None:
    office.order("HS-1")
    office.order("HS-12")
    neighbour.order("HS-12")
    _import(office, services, tmp_path, (75_000, "nop ho so HS-12"), (60_000, "nop ho so HS-1-B"))
    own, foreign = office.person("finance"), neighbour.person("finance")

    assert "75.000 ₫" in own.words("/admin/dossiers/HS-12")
    assert "Tiền về không rõ của ai" not in own.words("/admin/dossiers/HS-1")
    assert "75.000 ₫" not in foreign.words("/admin/dossiers/HS-12")


def test_the_audit_trail_shows_where_the_chain_breaks(office: Office, paid: str, services: Services) -> None:
    auditor = office.person("auditor")
    whole = auditor.words(f"/admin/dossiers/{paid}")
    with services.unit_of_work() as work:
        table = " ON audit_entries" if work.session.get_bind().dialect.name == "postgresql" else ""
        work.session.execute(text(f"DROP TRIGGER audit_entries_no_update{table}"))
        work.session.execute(update(AuditRow).where(AuditRow.action == "order.paid").values(actor="provider:other"))
        work.commit()
    broken = auditor.words(f"/admin/dossiers/{paid}")

    assert "Chuỗi mã băm bị đứt" not in whole
    assert "Chuỗi mã băm bị đứt" in broken


def test_the_list_shows_every_dossier_once_over_its_pages(office: Office) -> None:
    codes = [f"HS-{number:03}" for number in range(PAGE_ROWS + 7)]
    document = office.document("a.pdf", PDF)
    for number, code in enumerate(codes):
        # Requests and orders of one dossier lie far apart, so that a page of one kind alone would lose some.
        if number % 3:
            office.order(code)
    for number, code in enumerate(codes):
        if not number % 2:
            office.signing_request(code, "Quyết định", document, "completed")
    known = {code for number, code in enumerate(codes) if number % 3 or not number % 2}
    auditor, path, seen = office.person("auditor"), "/admin", []
    while path:
        page = auditor.read(path)
        seen += page.xpath("//tbody//td[1]/a/text()")
        more = [link.get("href") for link in page.xpath("//main//nav/a") if "cursor=" in link.get("href")]
        path = more[0] if more else ""

    assert sorted(seen) == sorted(known)


@pytest.mark.parametrize("wanted", ["hs-77", "mẫu 100%", "Đăng ký", "Mẫu 100%"])
def test_search_finds_codes_purposes_and_payers_as_written(office: Office, wanted: str) -> None:
    office.order("HS-77", "Nguyễn Thị Mẫu 100%")
    office.signing_request("HS-88", "Giấy phép", office.document("a.pdf", PDF))
    words = office.person("auditor").words("/admin?search=" + quote(wanted))

    assert "HS-77" in words
    assert "HS-88" not in words
