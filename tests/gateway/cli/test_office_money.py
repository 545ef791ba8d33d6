"""The commands of a finance office at a terminal: each does its work, and refuses in both languages."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from gateway.callbacks.payments import BODY_BYTES
from gateway.cli.treasury import PROOF_BYTES
from gateway.services import Services
from payments.model import FeeKind
from payments.providers.kbnn.provider import EXAMPLE
from payments.receipts.forms import receipt_forms
from payments.store.tables import ReceiptSeriesRow
from tests.gateway.api.conftest import Machine, app, machine  # noqa: F401 - fixtures
from tests.gateway.api.test_fee_catalogue import CSV
from tests.gateway.api.test_idempotency import ORDER
from tests.gateway.api.test_statements import ACCOUNT, account  # noqa: F401 - a fixture
from tests.gateway.cli.test_money import run  # noqa: F401 - a fixture
from tests.payments.providers.test_treasury import notice

Command = Callable[..., Result]
KEY = "khoá của kho bạc"


@pytest.fixture
def unit(machine: Machine) -> str:  # noqa: F811
    return machine.unit_id


@pytest.fixture
def order(machine: Machine) -> dict[str, str]:  # noqa: F811
    made: dict[str, str] = machine.post("/v1/fee-orders", ORDER).get_json()
    return made


def take(run: Command, order: dict[str, str], *more: str) -> Result:  # noqa: F811
    return run("counter", "take", order["id"], *(more or ("cash", "50000")), "--officer", "thu")


def test_money_is_taken_at_the_counter_and_taken_back(run: Command, order: dict[str, str]) -> None:  # noqa: F811
    taken = take(run, order)
    assert (taken.exit_code, "received by thu" in taken.output) == (0, True), taken.output
    payment = taken.output.split()[0]

    own = run("counter", "void", payment, "Nhầm", "--officer", "THU")
    assert (own.exit_code, "same-person-twice" in own.output) == (1, True)
    back = run("counter", "void", payment, "Nhầm", "--officer", "soát")
    assert (back.exit_code, "taken back by soát" in back.output) == (0, True)
    assert run("counter", "void", payment, "Nhầm", "--officer", "soát").exit_code == 1
    assert run("ledger", "check").exit_code == 0


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("cash", "49999"), "counter-amount-differs", ("Số tiền thu khác số phải nộp", "not what is owed")),
        (("pos", "50000"), "counter-payment-unsound", ("Lần thu tại quầy khai chưa đúng", "cannot stand")),
    ],
)
def test_the_counter_refuses_in_both_languages(
    run: Command,  # noqa: F811
    order: dict[str, str],
    more: tuple[str, ...],
    code: str,
    words: tuple[str, ...],
) -> None:
    refused = take(run, order, *more)
    assert refused.exit_code == 1
    for word in (code, *words):
        assert word in refused.output
    missing = take(run, {"id": "none"})
    assert (missing.exit_code, "fee-order-not-found" in missing.output) == (1, True)


def test_cash_is_paid_in_by_two_people(
    run: Command,  # noqa: F811
    order: dict[str, str],
    unit: str,
    account: str,  # noqa: F811
) -> None:
    take(run, order)
    too_much = run("counter", "deposit", unit, "50001", account, "--officer", "thu")
    assert (too_much.exit_code, "drawer-holds-less" in too_much.output) == (1, True)
    made = run("counter", "deposit", unit, "50000", account, "--officer", "thu")
    assert made.exit_code == 0, made.output
    deposit = made.output.split()[0]
    assert run("counter", "hand-over", deposit, "GNT1", "--officer", "thu").exit_code == 1
    assert "handed-over" in run("counter", "hand-over", deposit, "GNT1", "--officer", "soát").output
    assert deposit in run("counter", "deposits", unit, "--state", "handed-over").output
    assert run("counter", "deposits", unit, "--state", "arrived").output == ""
    assert run("counter", "cancel-deposit", deposit, "Trả lại", "--officer", "soát").exit_code == 1
    assert "cancelled" in run("counter", "cancel-deposit", deposit, "Trả lại", "--officer", "thu").output
    assert run("ledger", "check").exit_code == 0


def test_payouts_fees_and_remittances_are_entered_by_two_people(
    run: Command,  # noqa: F811
    order: dict[str, str],
    unit: str,
    account: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    take(run, order, "pos", "50000", "--terminal", "T1", "--slip", "000123")
    lan, day = ("--officer", "lan"), ("--paid-on", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    document = (unit, "counter-pos", "PO-000001", account)
    unbalanced = run("transfers", "payout", *document, "50000", "500", "49000", *lan, *day)
    assert (unbalanced.exit_code, "expected-transfer-unsound" in unbalanced.output) == (1, True), unbalanced.output
    for words in ("Khoản chuyển khai chưa đúng", "The transfer cannot stand"):
        assert words in unbalanced.output
    whole = ("transfers", "payout", *document, "50000", "500", "49500", *lan, *day, "--payments")
    inside = tmp_path / "payments.txt"
    unread = run(*whole, str(inside))
    assert (unread.exit_code, "Không đọc được tệp" in unread.output) == (2, True), unread.output
    inside.write_text("000124\n", encoding="utf-8")
    unknown = run(*whole, str(inside))
    assert (unknown.exit_code, "payout-payments-unfit" in unknown.output) == (1, True), unknown.output
    inside.write_text("000123\n\n", encoding="utf-8")
    made = run(*whole, str(inside))
    assert made.exit_code == 0, made.output
    payout = made.output.split()[0]
    assert "same-person-twice" in run("transfers", "approve", payout, "--officer", "LAN").output
    assert "approved" in run("transfers", "approve", payout, "--officer", "minh").output
    assert payout in run("transfers", "list", unit, "--kind", "payout", "--state", "approved").output
    early = run("transfers", "reverse", payout, "Sai", *lan)
    assert (early.exit_code, "payment-transition-not-allowed" in early.output) == (1, True)
    assert "cancelled" in run("transfers", "cancel", payout, "Nhập nhầm", *lan).output
    fee = run("transfers", "fee", unit, "counter-pos", "HD-1", account, "500", *lan, *day)
    assert "-500 VND" in fee.output, fee.output
    # The account is at the treasury after all.
    moved = run("callers", "add-collection-account", unit, "970436", "KBNN", account, "UBND", "--at", "treasury")
    assert moved.exit_code == 0, moved.output
    poor = run("transfers", "remit", unit, "7111", "GNT-1", account, "1", *lan, *day)
    assert (poor.exit_code, "account-holds-less" in poor.output) == (1, True), poor.output
    assert run("ledger", "check").exit_code == 0


def test_a_paid_order_is_paid_back_by_two_people(run: Command, order: dict[str, str], unit: str) -> None:  # noqa: F811
    paper = ("--route", "paper", "--name", "NGUYEN VAN A", "--bank", "VCB", "--account", "0123", "--officer", "lan")
    asked = ("refunds", "ask", order["id"], "20000", "Nộp thừa", "--key", "a1", *paper)
    early = run(*asked)
    assert (early.exit_code, "fee-order-not-paid" in early.output) == (1, True), early.output
    take(run, order)
    by_message = run("refunds", "ask", order["id"], "20000", "Nộp thừa", "--key", "a1", "--officer", "lan")
    assert (by_message.exit_code, "refund-not-possible" in by_message.output) == (1, True)

    first, again = run(*asked), run(*asked)
    refund = first.output.split()[0]
    assert (first.exit_code, again.output.split()[0]) == (0, refund), first.output
    too_much = run("refunds", "ask", order["id"], "30001", "Nộp thừa", "--key", "a2", *paper)
    assert (too_much.exit_code, "refund-too-large" in too_much.output) == (1, True)
    assert run("refunds", "approve", refund, "--officer", "LAN").exit_code == 1
    assert run("refunds", "approve", refund, "--officer", "minh").exit_code == 0
    assert run("refunds", "hand-over", refund, "UNC-7", "--officer", "minh").exit_code == 0
    unpaid = run("refunds", "treasury-paid", refund, "7111", "LCT-9", "--officer", "minh")
    assert (unpaid.exit_code, "account-holds-less" in unpaid.output) == (1, True), unpaid.output
    assert run("ledger", "check").exit_code == 0


def test_a_catalogue_is_imported_whole_or_not_at_all(run: Command, unit: str, tmp_path: Path) -> None:  # noqa: F811
    file, broken = tmp_path / "fees.csv", tmp_path / "broken.csv"
    file.write_text(CSV, encoding="utf-8")
    broken.write_text(CSV.replace("2000", "9000"), encoding="utf-8")

    assert "1 added, 0 ended, 0 as before." in run("fees", "import", unit, str(file)).output
    assert "0 added, 0 ended, 1 as before." in run("fees", "import", unit, str(file)).output
    refused = run("fees", "import", unit, str(broken))
    assert (refused.exit_code, "fee-catalogue-unsound" in refused.output) == (1, True)
    assert "Phí sao chép" in run("fees", "list", unit).output
    assert "9000" not in run("fees", "list", unit).output
    assert run("fees", "import", unit, str(tmp_path / "none.csv")).exit_code == 2


def test_a_year_is_closed_when_it_is_over(run: Command, unit: str, services: Services) -> None:  # noqa: F811
    year = datetime.now(UTC).year
    form = receipt_forms(services.settings.receipts)[FeeKind.PHI]
    last = form.series(datetime(year - 1, 7, 1, tzinfo=UTC))
    with services.unit_of_work() as work:
        row = ReceiptSeriesRow(id="s1", unit_id=unit, kind="phi", form_code=form.form_code, series=last, last_number=7)
        work.session.add(row)
        work.commit()
    early = run("receipts", "close-year", unit, str(year), "--officer", "soát")
    nobody = run("receipts", "close-year", unit, str(year - 1), "--officer", " ")
    assert "open" in run("receipts", "series", unit).output
    over = run("receipts", "close-year", unit, str(year - 1), "--officer", "soát")

    assert (early.exit_code, "receipt-year-not-over" in early.output) == (1, True), early.output
    assert "chưa kết thúc" in early.output
    assert nobody.exit_code == 1, nobody.output
    assert (over.exit_code, f"{last} is closed; its last number is 0000007." in over.output) == (0, True), over.output
    assert "by soát" in run("receipts", "series", unit).output


def test_income_is_shown_by_budget_line(run: Command, order: dict[str, str]) -> None:  # noqa: F811
    take(run, order)
    today = datetime.now(UTC).date()
    shown = run("ledger", "income", "2026-01-01", f"{today.year + 1}-01-01")

    assert (shown.exit_code, "50,000" in shown.output) == (0, True), shown.output
    assert "50,000" not in run("ledger", "income", "2020-01-01", "2020-12-31").output
    assert run("ledger", "income", "01/01/2026", "2026-12-31").exit_code == 2


@pytest.fixture
def treasury(unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the treasury up; returns a folder for its files."""
    monkeypatch.setenv("KBNN_KEY", KEY)
    profile = tmp_path / "gateway.toml"
    told = f'\n[kbnn]\nnotice = "{EXAMPLE}"\nhmac_key = "env:KBNN_KEY"\n'
    profile.write_text(profile.read_text(encoding="utf-8") + told, encoding="utf-8")
    return tmp_path


def put(folder: Path, name: str, body: bytes, proof: str | None = None) -> str:
    right = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    (folder / name).write_bytes(body)
    (folder / f"{name}.sig").write_text(right if proof is None else proof, encoding="ascii")
    return str(folder / name)


def test_a_treasurys_notice_pays_its_order_once(
    run: Command,  # noqa: F811
    machine: Machine,  # noqa: F811
    order: dict[str, str],
    services: Services,
    account: str,  # noqa: F811
    treasury: Path,
) -> None:
    with services.unit_of_work(read_only=True) as work:
        reference = work.payments.get_order(order["id"]).transfer_reference
    body = notice(
        reference,
        taiKhoanCo=ACCOUNT,
        tongSoTien=50_000,
        chiTiet=[{"maChuong": "423", "maTieuMuc": "2716", "soTien": 50_000}],
    )
    file = put(treasury, "a.json", body)

    first, again = run("treasury", "import", file), run("treasury", "import", file)

    assert (first.exit_code, "booked" in first.output) == (0, True), first.output
    assert (again.exit_code, "duplicate" in again.output) == (0, True), again.output
    assert machine.get(f"/v1/fee-orders/{order['id']}").get_json()["state"] == "paid"


def test_what_is_no_notice_is_refused_for_what_it_is(run: Command, unit: str, treasury: Path) -> None:  # noqa: F811
    forged = put(treasury, "forged.json", notice("X"), "0" * 64)
    large = put(treasury, "large.json", b" " * (BODY_BYTES + 1))
    long_proof = put(treasury, "proof.json", notice("X"), "0" * (PROOF_BYTES + 1))
    (treasury / "alone.json").write_bytes(notice("X"))

    for file, words in (
        (forged, ("not-authentic",)),
        (large, ("Tệp lớn hơn", "The file is larger than")),
        (long_proof, ("Tệp lớn hơn", "The file is larger than")),
        (str(treasury / "alone.json"), ("Không đọc được tệp", "cannot be read")),
        (str(treasury / "none.json"), ("Không đọc được tệp", "cannot be read")),
    ):
        refused = run("treasury", "import", file)
        assert refused.exit_code == 1
        for word in words:
            assert word in refused.output, refused.output


def test_without_a_treasury_the_command_says_so(run: Command, unit: str, tmp_path: Path) -> None:  # noqa: F811
    refused = run("treasury", "import", str(tmp_path / "a.json"))
    assert (refused.exit_code, "provider-unknown" in refused.output) == (2, True)
