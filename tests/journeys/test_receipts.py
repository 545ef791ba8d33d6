"""A paid order's receipts with the unit's real seal: as PDF and XML, lost sight of, replaced, cancelled, copied."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree
from sqlalchemy import update

from gateway.db.tables.work import OutboxRow
from gateway.devpki.model import ANCHOR
from gateway.jobs.handlers.receipts import wake_forgotten_receipts
from payments.store.tables import ReceiptRow
from tests.journeys.city import City, good_signatures
from tests.journeys.paying import pay, receipts
from tests.signing.formats.xml.judges import xmlsec1_verdict


def _text(content: bytes) -> str:
    """What poppler's pdftotext reads."""
    return subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()


def test_a_receipt_is_sealed_as_pdf_and_as_xml_that_others_find_good(city: City, pki, tmp_path: Path) -> None:
    order = pay(city)
    city.work()
    (receipt,) = receipts(city, order)
    told = city.get(f"/v1/receipts/{receipt['id']}").get_json()
    xml = city.get(f"/v1/receipts/{receipt['id']}.xml")
    pdf = city.get(f"/v1/receipts/{receipt['id']}.pdf")

    (tmp_path / "receipt.xml").write_bytes(xml.data)
    (tmp_path / "receipt.pdf").write_bytes(pdf.data)
    assert xmlsec1_verdict(tmp_path / "receipt.xml", pki.certificate_der(ANCHOR), ["DLBLai"]) == ""
    changed = xml.data.replace(b"<TgTTTBSo>50000<", b"<TgTTTBSo>50001<")
    (tmp_path / "changed.xml").write_bytes(changed)
    assert changed != xml.data
    assert xmlsec1_verdict(tmp_path / "changed.xml", pki.certificate_der(ANCHOR), ["DLBLai"]) != ""
    assert good_signatures(tmp_path / "receipt.pdf") == 1
    root = etree.fromstring(xml.data)
    assert root.findtext("DLBLai/TTChung/SBLai") == told["number"]
    assert root.findtext("DLBLai/TTChung/DCTCuu") == told["public_url"]
    code = receipt["code"]
    assert city.http.get(f"/receipts/{code}.xml").data == xml.data
    assert f"/receipts/{code}.xml" in city.http.get(f"/receipts/{code}").get_data(as_text=True)


def test_a_receipt_that_no_task_is_about_is_found_and_sealed(city: City) -> None:
    order = pay(city)
    with city.services.unit_of_work() as work:
        work.session.execute(update(OutboxRow).where(OutboxRow.kind == "receipts").values(state="done"))
        work.commit()
    city.work()
    assert receipts(city, order) == []
    # Numbered, but its task was lost before the seal.
    with city.services.unit_of_work() as work:
        work.due("receipts", order["id"], city.seed.unit_id, datetime.now(UTC))
        work.commit()
    key = city.certificate("seal").key_source_uri
    city.use_key("seal", key + ".missing")
    city.work()
    city.use_key("seal", key)
    assert [receipt["state"] for receipt in receipts(city, order)] == ["numbered"]
    later = datetime.now(UTC) + timedelta(minutes=6)
    wake_forgotten_receipts(city.services, later)
    assert city.work() == 0, "what is only put off is left alone"
    with city.services.unit_of_work() as work:
        work.session.execute(update(OutboxRow).where(OutboxRow.kind == "receipts").values(state="dead"))
        work.commit()
    wake_forgotten_receipts(city.services, datetime.now(UTC))
    assert city.work() == 0, "a receipt of this minute is not forgotten"

    wake_forgotten_receipts(city.services, later)
    with city.services.unit_of_work() as work:
        work.session.execute(update(OutboxRow).where(OutboxRow.state == "due").values(due_at=datetime.now(UTC)))
        work.commit()
    city.work()

    assert [receipt["state"] for receipt in receipts(city, order)] == ["sealed"]


def test_a_wrong_name_is_put_right_by_a_replacement_and_prints_say_that_they_are_copies(city: City) -> None:
    order = pay(city)
    city.work()
    (old,) = receipts(city, order)
    body = {"officer": "Lê Thị Kế Toán", "reason": "Sai tên người nộp", "payer_name": "Trần Văn Đúng"}
    made = city.post(f"/v1/receipts/{old['id']}/replace", body)
    assert made.status_code == 201, made.get_json()
    new = made.get_json()
    city.work()

    assert (new["payer_name"], new["number"], new["replaces_id"]) == ("Trần Văn Đúng", "0000002", old["id"])
    told = city.get(f"/v1/receipts/{old['id']}").get_json()
    assert (told["state"], told["replaced_by_id"], told["end_reason"]) == ("replaced", new["id"], body["reason"])
    assert "Thay thế biên lai LP-" in _text(city.get(f"/v1/receipts/{new['id']}.pdf").data)
    assert city.get(f"/v1/receipts/{old['id']}.pdf").status_code == 200
    page = city.http.get(f"/receipts/{old['code']}").get_data(as_text=True)
    assert new["public_url"].rsplit("/", 1)[1] in page
    again = city.post(f"/v1/receipts/{old['id']}/cancel", {"officer": "a", "reason": "b"}, "en")
    assert (again.status_code, again.get_json()["type"].rpartition(":")[2]) == (409, "receipt-ended")

    copies = {
        state: city.post(f"/v1/receipts/{id_}/copies", {"officer": "Lê Thị Kế Toán"})
        for state, id_ in (("old", old["id"]), ("new", new["id"]))
    }
    assert "BẢN SAO – BIÊN LAI ĐÃ ĐƯỢC THAY THẾ" in _text(copies["old"].data)
    assert "BẢN SAO" in _text(copies["new"].data)
    assert "THAY THẾ" not in _text(copies["new"].data)
    assert len(city.audited("receipt.reprinted")) == 2
    assert {event.type for event in city.events("receipt.replaced")} == {"receipt.replaced"}


def test_a_receipt_is_cancelled_and_a_series_closed_by_a_named_person(city: City) -> None:
    order = pay(city)
    city.work()
    (receipt,) = receipts(city, order)
    cancelled = city.post(f"/v1/receipts/{receipt['id']}/cancel", {"officer": "a", "reason": "Sai"}).get_json()
    assert (cancelled["state"], cancelled["ended_by"]) == ("cancelled", "a")
    assert "đã bị huỷ" in city.http.get(f"/receipts/{receipt['code']}").get_data(as_text=True)
    (series,) = city.get("/v1/receipt-series").get_json()["items"]
    assert (series["last_number"], series["closed_at"]) == (1, None)
    body = {"officer": "a", "form_code": series["form_code"], "series": series["series"]}
    assert city.post("/v1/receipt-series/close", body).get_json()["closed_by"] == "a"
    missing = city.post("/v1/receipt-series/close", {**body, "series": "XX"})
    assert (missing.status_code, missing.get_json()["type"].rpartition(":")[2]) == (404, "receipt-series-not-found")

    waiting = pay(city)
    city.work()
    assert receipts(city, waiting) == []
    assert [task.last_problem for task in city.tasks("receipts") if task.state == "due"] == ["receipt-series-closed"]
    with city.services.unit_of_work(read_only=True) as work:
        assert [row.number for row in work.session.query(ReceiptRow)] == [1]
