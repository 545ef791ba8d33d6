"""Made-up values that fill the style guide, so that every component is seen in every state without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from gateway.web.pay_views import (
    FeeItem,
    OpenAttempt,
    PayPage,
    PayState,
    ProviderChoice,
    ReceiptLink,
    ReturnClaim,
    ReturnPage,
    TransferDetails,
)
from gateway.web.receipt_views import ReceiptPage
from gateway.web.story_views import (
    AuditRow,
    BreakView,
    CallbackView,
    DeliveryView,
    JournalEntryView,
    MatchView,
    PostingView,
    StepKind,
    StepState,
    StoryList,
    StoryPage,
    StoryRow,
    StoryStep,
)
from gateway.web.verify_views import Indication, SignatureView, VerifyPage, VerifyState
from gateway.web.view_models import FileLink, Text

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
UNIT = "UBND phường Ví Dụ (THỬ NGHIỆM)"
PAYER = "Trần Thị Mẫu"
DOSSIER = "HS-2026-00123"
PAY_CODE = "sample-token"
DIGEST = "5f2c8a9be1d04c77a3b6f0e2d9c8174650fb3e2a1c9d8b7f6e5d4c3b2a190807"
OTHER_DIGEST = "91b0c7d2e3f405162738495a6b7c8d9eaf0b1c2d3e4f50617283940a5b6c7d8e"


def minutes(count: float) -> datetime:
    """Return a moment of the sample story."""
    return NOON + timedelta(minutes=count)


PHI = FeeItem(
    "phi",
    "Phí cấp bản sao trích lục hộ tịch (5 bản)",
    40_000,
    legal_basis="Điều 4 Thông tư về phí cấp bản sao trích lục hộ tịch",
)
LE_PHI = FeeItem(
    "le-phi",
    "Lệ phí đăng ký hộ kinh doanh",
    110_000,
    legal_basis="Nghị quyết của hội đồng nhân dân thành phố về các khoản lệ phí",
)
RECEIPTS = (
    ReceiptLink("rcpt-phi-7KQ2M", "BT-26E 0000041", "phi", 40_000),
    ReceiptLink("rcpt-lephi-9XW4T", "BT-26E 0000042", "le-phi", 110_000),
)

PAY = PayPage(
    token=PAY_CODE,
    unit_name=UNIT,
    purpose="Đăng ký hộ kinh doanh và cấp bản sao",
    dossier_code=DOSSIER,
    payer_name=PAYER,
    items=(PHI, LE_PHI),
    total_minor=150_000,
    state=PayState.AWAITING_PAYMENT,
    expires_at=minutes(2 * 24 * 60),
    transfer=TransferDetails(
        bank_name="Vietcombank",
        account_number="0123456789",
        account_name="UBND PHUONG VI DU",
        transfer_content="FEE7KQ2M",
        qr_text="00020101021238540010A00000072701240006970436011001234567890208QRIBFTTA530370454061500005802VN62120808FEE7KQ2M630437C7",
    ),
    providers=(ProviderChoice("vnpay", "VNPAY", "http://127.0.0.1:8009"),),
)
PAY_WAITING = replace(PAY, state=PayState.AWAITING_CONFIRMATION, open_attempt=OpenAttempt("VNPAY", minutes(25)))
PAY_CHOSEN = replace(PAY, open_attempt=OpenAttempt("VNPAY", minutes(25)))
PAY_PAID = replace(PAY, state=PayState.PAID, paid_at=minutes(30), transfer=None, providers=(), receipts=RECEIPTS)
PAY_EXPIRED = replace(PAY, state=PayState.EXPIRED, transfer=None, providers=())
PAY_EXEMPT = replace(
    PAY,
    state=PayState.EXEMPT,
    items=(FeeItem("phi", "Phí thẩm định hồ sơ", 0, 300_000, "Người có công với cách mạng, khoản 2 Điều 5"),),
    total_minor=0,
    transfer=None,
    providers=(),
)
PAY_CANCELLED = replace(PAY, state=PayState.CANCELLED, transfer=None, providers=())

RETURN_WAITING = ReturnPage(PAY_WAITING, "VNPAY", ReturnClaim.SUCCESS, "00")
RETURN_PENDING = ReturnPage(PAY_WAITING, "MoMo", ReturnClaim.PENDING, "7002")
RETURN_PAID = ReturnPage(PAY_PAID, "VNPAY", ReturnClaim.SUCCESS, "00")
RETURN_FAILED = ReturnPage(PAY, "VNPAY", ReturnClaim.FAILED, "51")
RETURN_CANCELLED = ReturnPage(PAY, "VNPAY", ReturnClaim.CANCELLED, "24")
RETURN_FORGED = ReturnPage(PAY, "", ReturnClaim.NOT_AUTHENTIC)

RECEIPT = ReceiptPage(
    code="rcpt-lephi-9XW4T",
    form_code="01BLP0-001",
    series="BT-26E",
    number="0000042",
    kind="le-phi",
    unit_name=UNIT,
    payer_name=PAYER,
    dossier_code=DOSSIER,
    items=(LE_PHI,),
    total_minor=110_000,
    total_in_words="Một trăm mười nghìn đồng",
    issued_at=minutes(31),
    payment_method="Chuyển khoản (VNPAY)",
    state="issued",
    document_ready=True,
    xml_ready=True,
    document_sha256=DIGEST,
    sealed_by=UNIT,
    sealed_at=minutes(31.5),
)
RECEIPT_PREPARING = replace(
    RECEIPT, state="preparing", document_ready=False, document_sha256=None, sealed_by=None, sealed_at=None
)
RECEIPT_REPLACED = replace(RECEIPT, state="replaced", replaced_by_code="rcpt-lephi-NEW01")

GOOD_SIGNATURE = SignatureView(
    indication=Indication.TOTAL_PASSED,
    signer_name="Nguyễn Văn Ví Dụ",
    organisation=UNIT,
    signed_at=minutes(3),
    time_proven_by="TSA THỬ NGHIỆM",
    reasons=(
        Text("Nội dung đã ký còn nguyên vẹn.", "The signed content is unchanged."),
        Text("Chứng thư còn hiệu lực và không bị thu hồi khi ký.", "The certificate was valid and not revoked."),
    ),
    covers_whole_document=False,
    role="person",
    level="PAdES B-T",
    field_name="Signature1",
    claimed_at=minutes(3),
    chain=("Nguyễn Văn Ví Dụ", "CA cấp phát THỬ NGHIỆM", "CA gốc THỬ NGHIỆM"),
    revocation_source="OCSP http://127.0.0.1:8010/ocsp",
    revocation_updated_at=minutes(2),
)
SEAL_SIGNATURE = replace(
    GOOD_SIGNATURE,
    signer_name=UNIT,
    signed_at=minutes(4),
    claimed_at=minutes(4),
    covers_whole_document=True,
    role="organisation",
    field_name="Signature2",
    chain=(UNIT, "CA cấp phát THỬ NGHIỆM", "CA gốc THỬ NGHIỆM"),
)
BROKEN_SIGNATURE = replace(
    GOOD_SIGNATURE,
    indication=Indication.TOTAL_FAILED,
    sub_indication="HASH_FAILURE",
    reasons=(Text("Văn bản đã bị sửa sau khi ký.", "The document was changed after it was signed."),),
)
UNSURE_SIGNATURE = replace(
    GOOD_SIGNATURE,
    indication=Indication.INDETERMINATE,
    sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
    signer_name="Lê Văn Lạ",
    organisation=None,
    signed_at=None,
    time_proven_by=None,
    role=None,
    level="PAdES B-B",
    chain=("Lê Văn Lạ",),
    revocation_source=None,
    revocation_updated_at=None,
    reasons=(
        Text(
            "Chúng tôi không biết tổ chức đã cấp chứng thư của người ký.",
            "We do not know who issued the signer's certificate.",
        ),
    ),
)

VERIFY_WAITING = VerifyPage(
    code="vrf-sample",
    file_name="quyet-dinh-123-da-ky.pdf",
    size_bytes=248_115,
    sha256=DIGEST,
    received_at=minutes(10),
    state=VerifyState.WAITING,
)
VERIFY_PASSED = replace(
    VERIFY_WAITING,
    state=VerifyState.READY,
    overall=Indication.TOTAL_PASSED,
    validated_at=minutes(10.1),
    signatures=(GOOD_SIGNATURE, SEAL_SIGNATURE),
)
VERIFY_FAILED = replace(
    VERIFY_PASSED, overall=Indication.TOTAL_FAILED, signatures=(BROKEN_SIGNATURE, SEAL_SIGNATURE, UNSURE_SIGNATURE)
)
VERIFY_UNSIGNED = replace(VERIFY_PASSED, overall=Indication.NO_SIGNATURE, signatures=())
VERIFY_UNREADABLE = replace(
    VERIFY_WAITING,
    state=VerifyState.FAILED,
    problem=Text(
        "Tệp bị hỏng hoặc không phải PDF nên không đọc được.", "The file is damaged or not a PDF, so it cannot be read."
    ),
)

VNPAY = Text("VNPAY", "VNPAY")
SOURCE_SYSTEM = Text("Hệ thống hồ sơ", "The dossier system")
SIGNER = Text("Nguyễn Văn Ví Dụ", "Nguyễn Văn Ví Dụ")
CLEARING = Text("Tiền đang ở nhà cung cấp: VNPAY", "Money held by the provider: VNPAY")
INCOME = Text("Phí, lệ phí đã thu", "Fees collected")

CALLBACKS = (
    CallbackView(minutes(28), VNPAY, "refused", "97", None, OTHER_DIGEST),
    CallbackView(minutes(28.5), VNPAY, "refused", "04", 1_000, OTHER_DIGEST),
    CallbackView(minutes(29), VNPAY, "booked", "00", 150_000, DIGEST),
    CallbackView(minutes(29.2), VNPAY, "repeated", "02", 150_000, DIGEST),
)
ENTRY = JournalEntryView(
    17,
    minutes(29),
    f"Thu phí, lệ phí hồ sơ {DOSSIER}",
    (
        PostingView(CLEARING, "clearing:vnpay", INCOME, "income:phi:805-2716:H13", 40_000),
        PostingView(CLEARING, "clearing:vnpay", INCOME, "income:le-phi:805-2862:H13", 110_000),
    ),
)
DELIVERY = DeliveryView(
    Text("Đã nhận đủ tiền", "Fee order paid"),
    "order.paid",
    "http://127.0.0.1:8011/hooks",
    2,
    StepState.DONE,
    response_status=204,
    last_attempt_at=minutes(31),
)
FAILING_DELIVERY = DeliveryView(
    Text("Ký số biên lai", "Receipt sealed"),
    "receipt.issued",
    "http://127.0.0.1:8011/hooks",
    3,
    StepState.RETRYING,
    last_attempt_at=minutes(33),
    next_attempt_at=minutes(41),
)
MATCH = MatchView(
    "FT26327/0001", date(2026, 11, 23), 150_000, Text("mã nộp tiền FEE7KQ2M", "the payment code FEE7KQ2M")
)
BREAKS = (
    BreakView(
        Text("Tiền vào không rõ nguồn", "Unknown credit"),
        75_000,
        date(2026, 11, 23),
        "0123456789",
        Text(
            "Nội dung không có mã nộp tiền nào của chúng tôi; cần hỏi ngân hàng hoặc trả lại.",
            "The text holds none of our payment codes; ask the bank or return it.",
        ),
    ),
    BreakView(
        Text("Thiếu tiền trên sao kê", "Missing from the statement"),
        20_000,
        None,
        "0123456789",
        Text(
            "Khoản thu đã ghi sổ nhưng chưa thấy trong sao kê của ngày này.",
            "The payment is booked but this day's statement does not show it.",
        ),
    ),
)

REVISION_1 = FileLink("file-1", "quyet-dinh-123.pdf", 201_004, OTHER_DIGEST, 1)
REVISION_2 = FileLink("file-2", "quyet-dinh-123.pdf", 231_870, DIGEST, 2)

STEPS = (
    StoryStep(StepKind.DOCUMENT_RECEIVED, StepState.DONE, minutes(0), SOURCE_SYSTEM, files=(REVISION_1,)),
    StoryStep(StepKind.SIGNED_BY_PERSON, StepState.DONE, minutes(3), SIGNER, files=(REVISION_2,)),
    StoryStep(StepKind.VALIDATED, StepState.DONE, minutes(5), verification=VERIFY_PASSED),
    StoryStep(
        StepKind.FEE_ORDER_OPENED,
        StepState.DONE,
        minutes(6),
        pay_token=PAY_CODE,
        fee_items=(PHI, LE_PHI),
    ),
    StoryStep(StepKind.CALLBACK_RECEIVED, StepState.DONE, minutes(28), VNPAY, callbacks=CALLBACKS),
    StoryStep(StepKind.PAYMENT_BOOKED, StepState.DONE, minutes(29), entries=(ENTRY,)),
    StoryStep(StepKind.RECEIPT_ISSUED, StepState.DONE, minutes(31), receipts=RECEIPTS),
    StoryStep(StepKind.WEBHOOK_DELIVERED, StepState.RETRYING, minutes(31), deliveries=(DELIVERY, FAILING_DELIVERY)),
    StoryStep(StepKind.STATEMENT_IMPORTED, StepState.DONE, minutes(60), Text("Kế toán Mẫu", "Kế toán Mẫu")),
    StoryStep(
        StepKind.RECONCILED,
        StepState.ATTENTION,
        minutes(61),
        note=Text("1 khoản khớp, 2 khoản lệch.", "1 match, 2 breaks."),
        matches=(MATCH,),
        breaks=BREAKS,
    ),
)
FILE_NAME = Text("văn bản quyet-dinh-123.pdf", "document quyet-dinh-123.pdf")
AUDIT = (
    AuditRow(
        101,
        minutes(0),
        SOURCE_SYSTEM,
        Text("Nhận văn bản", "Document taken in"),
        "document.uploaded",
        FILE_NAME,
        "file-1",
        OTHER_DIGEST,
        "0" * 64,
        True,
    ),
    AuditRow(
        102,
        minutes(3),
        SIGNER,
        Text("Ký văn bản", "Document signed"),
        "document.signed",
        FILE_NAME,
        "file-2",
        DIGEST,
        OTHER_DIGEST,
        True,
    ),
    AuditRow(
        103,
        minutes(29),
        VNPAY,
        Text("Đã nhận đủ tiền", "Fee order paid"),
        "order.paid",
        Text("khoản thu 150.000 ₫", "fee order of 150,000 ₫"),
        "order-17",
        OTHER_DIGEST,
        "f" * 64,
        False,
    ),
)
STORY = StoryPage(
    DOSSIER, "Quyết định 123 về đăng ký hộ kinh doanh", UNIT, StepState.ATTENTION, steps=STEPS, audit=AUDIT
)
STORIES = StoryList(
    rows=(
        StoryRow(DOSSIER, STORY.title, UNIT, StepState.ATTENTION, minutes(61), 1, 150_000),
        StoryRow("HS-2026-00124", "Trích lục khai sinh", UNIT, StepState.WAITING, minutes(20), 2, 8_000),
        StoryRow("HS-2026-00125", "Giấy phép xây dựng nhà ở riêng lẻ", UNIT, StepState.DONE, minutes(12), 3),
    ),
    next_cursor="sample-cursor",
)
