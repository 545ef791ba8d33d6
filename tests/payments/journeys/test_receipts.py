"""Receipts: numbered once and without gaps, sealed once, delivered once."""

import hashlib
import shutil
import threading
from pathlib import Path

import pytest

from payments.errors import FeeOrderNotPaid, ReceiptNotFound, ReceiptSeriesUnsound, TransitionNotAllowed
from payments.journeys import SealedReceipt, draw_sealed_receipt, issue_receipts, mark_delivered, record_sealed
from payments.model import FeeKind
from payments.receipts.forms import ReceiptForm
from payments.receipts.seal import SealedFile
from tests.payments.makers import LATER, PHI, fake_call

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
            file.write(b"\n% sealed")
        content = target.read_bytes()
        return SealedFile(hashlib.sha256(content).hexdigest(), len(content), "UBND phường Ví Dụ", LATER)


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
    sealed = draw_sealed_receipt(
        receipt, receipt_url="https://cong.example/receipts/x", folder=tmp_path, fonts_folder=FONTS, seal=CopyingSeal()
    )
    assert hashlib.sha256(sealed.path.read_bytes()).hexdigest() == sealed.file.sha256
    assert [path.name for path in tmp_path.glob("*.pdf")] == [f"{receipt.id}.pdf"]
    for document in ("doc-1", "doc-2"):
        with desk.open_store() as store:
            record_sealed(store, sealed, document_id=document, now=LATER, record=desk.recorded)
    for _ in range(2):
        with desk.open_store() as store:
            mark_delivered(store, receipt.id, now=LATER, record=desk.recorded)
    with desk.open_store() as store:
        row = store.receipts.get(receipt.id)
        assert (row.state, row.document_id, row.sealed_by) == ("delivered", "doc-1", "UBND phường Ví Dụ")
        assert store.receipts.find_by_code(receipt.code) is row
        assert [r.kind for r in store.receipts.unsealed(10)] == ["le-phi"]
    assert desk.recorded.types.count("receipt.issued") == 1
    assert desk.recorded.types.count("receipt.delivered") == 1


def test_a_seal_that_fails_leaves_the_receipt_numbered_and_no_file(desk, paid, tmp_path):
    receipt = issue(desk, paid())[0]
    with pytest.raises(TimeoutError):
        draw_sealed_receipt(
            receipt, receipt_url="https://x.example", folder=tmp_path, fonts_folder=FONTS, seal=CopyingSeal(broken=True)
        )
    assert list(tmp_path.glob("*.pdf")) == []
    with desk.open_store() as store:
        assert store.receipts.get(receipt.id).state == "numbered"


def test_what_is_not_sealed_is_not_delivered(desk, paid):
    receipt = issue(desk, paid())[0]
    with desk.open_store() as store, pytest.raises(TransitionNotAllowed):
        mark_delivered(store, receipt.id, now=LATER, record=desk.recorded)


def test_a_receipt_that_is_not_there_is_not_found(desk):
    nowhere = SealedReceipt("nothing", Path("x"), SealedFile("0" * 64, 1, "x", LATER))
    with desk.open_store() as store:
        with pytest.raises(ReceiptNotFound):
            store.receipts.get("nothing")
        with pytest.raises(ReceiptNotFound):
            record_sealed(store, nowhere, document_id="d", now=LATER, record=desk.recorded)
        assert store.receipts.find_by_code("nothing") is None


def test_units_number_their_receipts_apart(desk, paid):
    issue(desk, paid())
    assert issue(desk, paid())[0].number == 2
    other = desk.open(unit_id="another-unit")
    desk.call(fake_call(desk.start(other)))
    assert issue(desk, other)[0].number == 1
