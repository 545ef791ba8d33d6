"""Receipts: numbered once and without gaps, sealed once, delivered once."""

import hashlib
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from payments.errors import (
    FeeOrderNotPaid,
    ReceiptEnded,
    ReceiptNotFound,
    ReceiptSeriesClosed,
    ReceiptSeriesNotFound,
    ReceiptSeriesUnsound,
    ReceiptYearNotOver,
    TransitionNotAllowed,
)
from payments.journeys import (
    Press,
    RightPayer,
    SealedReceipt,
    cancel_receipt,
    check_books,
    close_series,
    close_year,
    draw_sealed_receipt,
    issue_receipts,
    mark_delivered,
    receipt_facts,
    record_sealed,
    replace_receipt,
)
from payments.model import FeeKind
from payments.receipts.forms import ReceiptForm
from payments.receipts.seal import SealedFile, XmlSealPlace
from payments.receipts.xml_document import load_xml_form
from tests.payments.makers import LATER, PHI, UNIT, fake_call

FORMS = {FeeKind.PHI: ReceiptForm("01BLP0-001", "PH-{yy}E"), FeeKind.LE_PHI: ReceiptForm("02BLP0-001", "LP-{yy}E")}
FONTS = Path("/usr/share/fonts/truetype/liberation2")


class CopyingSeal:
    """Stands for the unit's seal: the revision is the file with a line more."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def seal_pdf(self, source: Path, target: Path) -> SealedFile:
        if self.broken:
            raise TimeoutError("the TSA is silent")
        shutil.copy(source, target)
        with target.open("ab") as file:
            file.write(b"\n<!-- % sealed -->")
        content = target.read_bytes()
        return SealedFile(hashlib.sha256(content).hexdigest(), len(content), "UBND phường Ví Dụ", LATER)

    def seal_xml(self, source: Path, target: Path, place: XmlSealPlace) -> SealedFile:
        tree = etree.parse(source)
        assert len(tree.xpath(f"//*[@Id='{place.signed_id}']")) == 1
        assert len(tree.xpath(place.path)) == 1
        return self.seal_pdf(source, target)


@pytest.fixture
def paid(desk):
    """Open an order, pay it and return its id."""

    def made(amount=150_000, **more):
        order_id = desk.open(**more)
        assert desk.call(fake_call(desk.start(order_id), amount=amount)).outcome == "booked"
        return order_id

    return made


def issue(desk, order_id, forms=FORMS):
    with desk.open_store() as store:
        return issue_receipts(
            store, order_id, forms=forms, unit_name="UBND phường Ví Dụ", now=LATER, record=desk.recorded
        )


def test_phi_and_le_phi_of_one_order_are_receipted_apart(desk, paid):
    receipts = issue(desk, paid())
    assert [(r.kind, r.form_code, r.series, r.printed_number, r.amount_minor) for r in receipts] == [
        ("phi", "01BLP0-001", "PH-26E", "0000001", 120_000),
        ("le-phi", "02BLP0-001", "LP-26E", "0000001", 30_000),
    ]
    assert receipts[0].amount_in_words == "Một trăm hai mươi nghìn đồng"
    assert receipts[0].items[0]["sub_item"] == "2716"
    assert len({r.code for r in receipts}) == 2
    assert desk.recorded.types[-2:] == ["receipt.numbered", "receipt.numbered"]


def test_receipts_issued_again_are_the_same(desk, paid):
    order_id = paid()
    assert [r.id for r in issue(desk, order_id)] == [r.id for r in issue(desk, order_id)]
    assert desk.recorded.types.count("receipt.numbered") == 2


def test_an_order_that_is_not_paid_is_not_receipted(desk):
    with pytest.raises(FeeOrderNotPaid):
        issue(desk, desk.open())


def test_a_rolled_back_receipt_leaves_no_gap(desk, paid):
    order_id = paid(items=(PHI,), amount=120_000)
    with pytest.raises(RuntimeError), desk.open_store() as store:
        issue_receipts(store, order_id, forms=FORMS, unit_name="UBND", now=LATER, record=desk.recorded)
        raise RuntimeError("the machine stops")
    assert issue(desk, order_id)[0].number == 1


def test_one_series_never_numbers_both_kinds(desk, paid):
    same = ReceiptForm("01BLP0-001", "PH-{yy}E")
    with pytest.raises(ReceiptSeriesUnsound):
        issue(desk, paid(), {FeeKind.PHI: same, FeeKind.LE_PHI: same})


def test_numbers_have_no_gap_when_many_are_issued_at_once(desk, paid):
    order_ids = [paid(items=(PHI,), amount=120_000) for _ in range(12)]
    # Each order twice: whoever comes second gets the first one's receipt.
    threads = [threading.Thread(target=issue, args=(desk, order_id)) for order_id in order_ids * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with desk.open_store() as store:
        numbers = [store.receipts.of_order(order_id)[0].number for order_id in order_ids]
    assert sorted(numbers) == list(range(1, 13))


def test_a_receipt_is_drawn_sealed_recorded_and_delivered_once(desk, paid, tmp_path):
    receipt = issue(desk, paid())[0]
    press = Press(tmp_path, FONTS, load_xml_form(), "https://cong.example/receipts/x")
    sealed = draw_sealed_receipt(receipt_facts(receipt), receipt.id, press, CopyingSeal())
    assert hashlib.sha256(sealed.path.read_bytes()).hexdigest() == sealed.file.sha256
    assert sorted(path.name for path in tmp_path.glob(f"{receipt.id}*")) == [f"{receipt.id}.pdf", f"{receipt.id}.xml"]
    assert etree.parse(sealed.xml_path).findtext("DLBLai/TTChung/SBLai") == "0000001"
    for document in ("doc-1", "doc-2"):
        with desk.open_store() as store:
            ids = {"document_id": document, "xml_document_id": f"{document}-xml"}
            record_sealed(store, sealed, **ids, now=LATER, record=desk.recorded)
    for _ in range(2):
        with desk.open_store() as store:
            mark_delivered(store, receipt.id, now=LATER, record=desk.recorded)
    with desk.open_store() as store:
        row = store.receipts.get(receipt.id)
        assert (row.state, row.document_id, row.sealed_by) == ("delivered", "doc-1", "UBND phường Ví Dụ")
        assert row.xml_document_id == "doc-1-xml"
        assert store.receipts.find_by_code(receipt.code) is row
        assert [r.kind for r in store.receipts.unsealed(LATER + timedelta(seconds=1), 10)] == ["le-phi"]
        assert store.receipts.unsealed(LATER, 10) == []
    assert desk.recorded.types.count("receipt.issued") == 1
    assert desk.recorded.types.count("receipt.delivered") == 1


def test_a_seal_that_fails_leaves_the_receipt_numbered_and_no_file(desk, paid, tmp_path):
    receipt = issue(desk, paid())[0]
    with pytest.raises(TimeoutError):
        press = Press(tmp_path, FONTS, load_xml_form(), "https://x.example")
        draw_sealed_receipt(receipt_facts(receipt), receipt.id, press, CopyingSeal(broken=True))
    assert list(tmp_path.glob(f"{receipt.id}*")) == []
    with desk.open_store() as store:
        assert store.receipts.get(receipt.id).state == "numbered"


def test_what_is_not_sealed_is_not_delivered(desk, paid):
    receipt = issue(desk, paid())[0]
    with desk.open_store() as store, pytest.raises(TransitionNotAllowed):
        mark_delivered(store, receipt.id, now=LATER, record=desk.recorded)


def test_a_receipt_that_is_not_there_is_not_found(desk):
    file = SealedFile("0" * 64, 1, "x", LATER)
    nowhere = SealedReceipt("nothing", Path("x"), file, Path("x"), file)
    with desk.open_store() as store:
        with pytest.raises(ReceiptNotFound):
            store.receipts.get("nothing")
        with pytest.raises(ReceiptNotFound):
            record_sealed(store, nowhere, document_id="d", xml_document_id="x", now=LATER, record=desk.recorded)
        assert store.receipts.find_by_code("nothing") is None


def test_units_number_their_receipts_apart(desk, paid):
    issue(desk, paid())
    assert issue(desk, paid())[0].number == 2
    other = desk.open(unit_id="another-unit")
    desk.call(fake_call(desk.start(other)))
    assert issue(desk, other)[0].number == 1


def test_fifty_writers_at_once_leave_no_gap_and_no_double(desk, paid, open_store):
    with open_store() as store:
        form = FORMS[FeeKind.PHI]
        store.receipts.next_number(UNIT, FeeKind.PHI, form.form_code, "PH-26E")
    numbers, lock = [], threading.Barrier(50)

    def write():
        lock.wait()
        with open_store() as store:
            number = store.receipts.next_number(UNIT, FeeKind.PHI, form.form_code, "PH-26E")
        numbers.append(number)

    threads = [threading.Thread(target=write) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(2, 52))


def test_a_receipt_is_cancelled_for_a_reason_and_stays(desk, paid):
    order_id = paid()
    first = issue(desk, order_id)[0]
    with desk.open_store() as store:
        cancel_receipt(store, first.id, " Lê  Thị B ", "Sai đơn vị", now=LATER, record=desk.recorded)
    with desk.open_store() as store:
        row = store.receipts.get(first.id)
        assert (row.state, row.number, row.ended_by, row.end_reason) == ("cancelled", 1, "lê thị b", "Sai đơn vị")
    with pytest.raises(ReceiptEnded), desk.open_store() as store:
        cancel_receipt(store, first.id, "x", "again", now=LATER, record=desk.recorded)
    # A cancelled one is not issued anew by itself.
    assert issue(desk, order_id)[0].id == first.id
    with desk.open_store() as store:
        assert list(check_books(store, UNIT, lambda _: desk.provider)) == []


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"officer": ""}])
def test_a_receipt_ends_by_somebody_for_a_reason(desk, paid, wrong):
    receipt = issue(desk, paid())[0]
    given = {"officer": "a", "reason": "b", **wrong}
    with pytest.raises(Exception, match=r"reason|names"), desk.open_store() as store:
        cancel_receipt(store, receipt.id, given["officer"], given["reason"], now=LATER, record=desk.recorded)
    with desk.open_store() as store:
        assert store.receipts.get(receipt.id).state == "numbered"


def test_a_replacement_has_its_own_number_and_names_the_right_payer(desk, paid):
    order_id = paid()
    old = issue(desk, order_id)[0]
    with desk.open_store() as store:
        payer = RightPayer(name="Nguyễn Văn Đúng", number="0101234567")
        new = replace_receipt(
            store, old.id, "a", "Sai tên", payer, forms=FORMS, now=LATER + timedelta(hours=1), record=desk.recorded
        )
        assert receipt_facts(new, old).replaces_number == "PH-26E 0000001"
    with desk.open_store() as store:
        rows = [row for row in store.receipts.of_order(order_id) if row.kind == "phi"]
        assert [(row.state, row.number, row.payer_name) for row in rows] == [
            ("replaced", 1, old.payer_name),
            ("numbered", 2, "Nguyễn Văn Đúng"),
        ]
        assert store.receipts.find_replacement(old.id).id == new.id
        assert list(check_books(store, UNIT, lambda _: desk.provider)) == []
    assert desk.recorded.types[-2:] == ["receipt.replaced", "receipt.numbered"]
    with pytest.raises(ReceiptEnded), desk.open_store() as store:
        replace_receipt(store, old.id, "a", "b", payer, forms=FORMS, now=LATER, record=desk.recorded)
    assert issue(desk, order_id)[0].id == new.id


def test_a_closed_series_numbers_nothing_any_more(desk, paid):
    issue(desk, paid())
    with desk.open_store() as store:
        for _ in range(2):
            row = close_series(store, UNIT, "01BLP0-001", "PH-26E", "a", now=LATER, record=desk.recorded)
        assert row.closed_by == "a"
    assert desk.recorded.types.count("receipt-series.closed") == 1
    waiting = paid()
    with pytest.raises(ReceiptSeriesClosed):
        issue(desk, waiting)
    with pytest.raises(ReceiptSeriesNotFound), desk.open_store() as store:
        close_series(store, UNIT, "01BLP0-001", "PH-25E", "a", now=LATER, record=desk.recorded)
    # The next year's series takes it up.
    next_year = {kind: ReceiptForm(form.form_code, f"{form.series_pattern[:2]}-27E") for kind, form in FORMS.items()}
    assert [receipt.series for receipt in issue(desk, waiting, next_year)] == ["PH-27E", "LP-27E"]


def test_a_year_is_closed_once_it_is_over(desk, paid):
    issue(desk, paid())
    after = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    for at, year in ((after - timedelta(seconds=1), 2026), (after, 2027)):
        with pytest.raises(ReceiptYearNotOver), desk.open_store() as store:
            close_year(store, UNIT, year, "a", forms=FORMS, now=at, record=desk.recorded)
    with desk.open_store() as store:
        closed = close_year(store, UNIT, 2026, "a", forms=FORMS, now=after, record=desk.recorded)
        assert [row.series for row in closed] == ["PH-26E", "LP-26E"]
