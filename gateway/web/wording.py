"""Words and tones that depend only on a state or a kind; one table for each."""

from typing import NamedTuple

from flask_babel import LazyString, lazy_gettext

from gateway.web.certificate_views import KeyPlace, ListState, ServiceState
from gateway.web.pay_views import PayState, ReturnClaim
from gateway.web.story_views import StepKind, StepState
from gateway.web.verify_views import Indication, VerifyState


class Label(NamedTuple):
    """A state as a person sees it: a tone (colour), an icon and a word, never colour alone."""

    tone: str
    icon: str
    word: LazyString


PAY_STATES = {
    PayState.AWAITING_PAYMENT: Label("brand", "clock", lazy_gettext("Chờ thanh toán")),
    PayState.AWAITING_CONFIRMATION: Label("warn", "clock", lazy_gettext("Đang chờ xác nhận")),
    PayState.PAID: Label("good", "check", lazy_gettext("Đã thanh toán")),
    PayState.EXPIRED: Label("neutral", "clock", lazy_gettext("Hết hạn")),
    PayState.CANCELLED: Label("neutral", "cross", lazy_gettext("Đã huỷ")),
    PayState.EXEMPT: Label("good", "check", lazy_gettext("Được miễn")),
}

CLAIMS = {
    ReturnClaim.SUCCESS: Label("good", "check", lazy_gettext("Báo đã trả tiền")),
    ReturnClaim.PENDING: Label("warn", "clock", lazy_gettext("Báo chưa có kết quả")),
    ReturnClaim.FAILED: Label("bad", "cross", lazy_gettext("Báo không trả được")),
    ReturnClaim.CANCELLED: Label("neutral", "cross", lazy_gettext("Báo người nộp đã dừng")),
    ReturnClaim.NOT_AUTHENTIC: Label("warn", "warning", lazy_gettext("Không xác minh được")),
}

RECEIPT_STATES = {
    "preparing": Label("warn", "clock", lazy_gettext("Đang lập")),
    "issued": Label("good", "check", lazy_gettext("Đang có hiệu lực")),
    "cancelled": Label("bad", "cross", lazy_gettext("Đã huỷ")),
    "replaced": Label("warn", "warning", lazy_gettext("Đã được thay thế")),
}

VERIFY_STATES = {
    VerifyState.WAITING: Label("warn", "clock", lazy_gettext("Đang kiểm tra")),
    VerifyState.READY: Label("good", "check", lazy_gettext("Đã kiểm tra xong")),
    VerifyState.FAILED: Label("bad", "cross", lazy_gettext("Không kiểm tra được")),
}

INDICATIONS = {
    Indication.TOTAL_PASSED: Label("good", "check", lazy_gettext("Hợp lệ")),
    Indication.TOTAL_FAILED: Label("bad", "cross", lazy_gettext("Không hợp lệ")),
    Indication.INDETERMINATE: Label("warn", "question", lazy_gettext("Chưa kết luận được")),
    Indication.NO_SIGNATURE: Label("neutral", "question", lazy_gettext("Không có chữ ký số")),
}

OVERALL = {
    Indication.TOTAL_PASSED: lazy_gettext("Mọi chữ ký đều hợp lệ"),
    Indication.TOTAL_FAILED: lazy_gettext("Có chữ ký không hợp lệ"),
    Indication.INDETERMINATE: lazy_gettext("Chưa đủ căn cứ để kết luận"),
    Indication.NO_SIGNATURE: lazy_gettext("Văn bản không có chữ ký số"),
}

STEP_STATES = {
    StepState.DONE: Label("good", "check", lazy_gettext("Xong")),
    StepState.RUNNING: Label("brand", "clock", lazy_gettext("Đang làm")),
    StepState.WAITING: Label("warn", "clock", lazy_gettext("Đang chờ")),
    StepState.RETRYING: Label("warn", "clock", lazy_gettext("Sẽ thử lại")),
    StepState.ATTENTION: Label("warn", "warning", lazy_gettext("Cần xem xét")),
    StepState.REFUSED: Label("bad", "cross", lazy_gettext("Bị từ chối")),
    StepState.FAILED: Label("bad", "cross", lazy_gettext("Không làm được")),
    StepState.CANCELLED: Label("neutral", "cross", lazy_gettext("Đã huỷ")),
    StepState.EXPIRED: Label("neutral", "clock", lazy_gettext("Hết hạn")),
}

STEP_KINDS = {
    StepKind.DOCUMENT_RECEIVED: lazy_gettext("Nhận văn bản"),
    StepKind.SIGNING_REQUESTED: lazy_gettext("Yêu cầu ký số"),
    StepKind.SIGNED_BY_PERSON: lazy_gettext("Người có thẩm quyền ký"),
    StepKind.SEALED_BY_ORGANISATION: lazy_gettext("Đóng dấu của cơ quan"),
    StepKind.VALIDATED: lazy_gettext("Kiểm tra chữ ký"),
    StepKind.FEE_ORDER_OPENED: lazy_gettext("Mở khoản thu"),
    StepKind.FEE_ORDER_CLOSED: lazy_gettext("Đóng khoản thu, không thu tiền"),
    StepKind.ATTEMPT_STARTED: lazy_gettext("Người nộp bắt đầu trả tiền"),
    StepKind.CALLBACK_RECEIVED: lazy_gettext("Cuộc gọi từ nhà cung cấp"),
    StepKind.PROVIDER_ASKED: lazy_gettext("Hỏi nhà cung cấp về kết quả"),
    StepKind.PAYMENT_BOOKED: lazy_gettext("Ghi sổ"),
    StepKind.RECEIPT_ISSUED: lazy_gettext("Cấp biên lai"),
    StepKind.WEBHOOK_DELIVERED: lazy_gettext("Báo cho hệ thống nguồn"),
    StepKind.STATEMENT_IMPORTED: lazy_gettext("Nhập sao kê"),
    StepKind.RECONCILED: lazy_gettext("Đối soát"),
}

CALLBACK_OUTCOMES = {
    "booked": Label("good", "check", lazy_gettext("Được nhận, đã ghi sổ")),
    "suspended": Label("warn", "warning", lazy_gettext("Được nhận, tiền giữ chờ xử lý")),
    "failed": Label("neutral", "cross", lazy_gettext("Báo không trả được, không ghi sổ")),
    "unknown": Label("warn", "clock", lazy_gettext("Chưa có kết quả, sẽ hỏi lại")),
    "repeated": Label("neutral", "check", lazy_gettext("Gọi lặp, không ghi thêm")),
    "refunded": Label("good", "check", lazy_gettext("Được nhận, về khoản trả lại")),
    "other": Label("neutral", "info", lazy_gettext("Được nhận, không có gì để ghi sổ")),
    "refused": Label("bad", "cross", lazy_gettext("Bị từ chối, không đổi gì")),
    "waiting": Label("warn", "clock", lazy_gettext("Đã giữ, chờ xử lý")),
}

# What a merchant answers with: VNPAY payment guide 2.1.0, IPN URL; ZaloPay docs, "Callback"; others read the status.
CALLBACK_ANSWERS = {
    "00": lazy_gettext("xác nhận"),
    "01": lazy_gettext("không thấy khoản thu"),
    "02": lazy_gettext("đã xác nhận trước đó"),
    "04": lazy_gettext("sai số tiền"),
    "97": lazy_gettext("sai chữ ký của cuộc gọi"),
    "99": lazy_gettext("lỗi khác"),
    "1": lazy_gettext("xác nhận"),
    "2": lazy_gettext("đã xác nhận trước đó"),
    "0": lazy_gettext("lỗi khác"),
    "-1": lazy_gettext("sai chữ ký của cuộc gọi"),
    "-2": lazy_gettext("không thấy khoản thu"),
    "-3": lazy_gettext("sai số tiền"),
    "-4": lazy_gettext("lỗi khác"),
    "200": lazy_gettext("xác nhận"),
    "204": lazy_gettext("xác nhận"),
    "400": lazy_gettext("lỗi khác"),
    "401": lazy_gettext("sai chữ ký của cuộc gọi"),
    "404": lazy_gettext("không thấy khoản thu"),
    "422": lazy_gettext("sai số tiền"),
    "500": lazy_gettext("lỗi khác"),
}

SERVICE_STATES = {
    ServiceState.GOOD: Label("good", "check", lazy_gettext("Tốt")),
    ServiceState.FAILING: Label("bad", "warning", lazy_gettext("Đang lỗi")),
    ServiceState.OVERDUE: Label("bad", "clock", lazy_gettext("Quá hạn")),
    ServiceState.UNKNOWN: Label("neutral", "question", lazy_gettext("Chưa hỏi lần nào")),
}
LIST_STATES = {
    ListState.IN_FORCE: Label("good", "check", lazy_gettext("Đang dùng")),
    ListState.OVERDUE: Label("bad", "clock", lazy_gettext("Quá hạn")),
    ListState.REFUSED: Label("warn", "warning", lazy_gettext("Bản mới bị từ chối, bản cũ còn dùng")),
    ListState.WAITING: Label("warn", "clock", lazy_gettext("Chờ người thứ hai xác nhận")),
}
KEY_PLACES = {
    KeyPlace.FILE: lazy_gettext("tệp khoá ở máy chủ"),
    KeyPlace.TOKEN: lazy_gettext("thiết bị ở máy chủ"),
    KeyPlace.DESK: lazy_gettext("thiết bị ở bàn làm việc"),
    KeyPlace.REMOTE: lazy_gettext("dịch vụ ký từ xa"),
    KeyPlace.UNREADABLE: lazy_gettext("địa chỉ khoá không đọc được"),
}

FEE_KINDS = {"phi": lazy_gettext("Phí"), "le-phi": lazy_gettext("Lệ phí")}
ROLES = {"person": lazy_gettext("cá nhân"), "organisation": lazy_gettext("cơ quan, tổ chức")}

TABLES = {
    "PAY_STATES": PAY_STATES,
    "CLAIMS": CLAIMS,
    "RECEIPT_STATES": RECEIPT_STATES,
    "VERIFY_STATES": VERIFY_STATES,
    "INDICATIONS": INDICATIONS,
    "OVERALL": OVERALL,
    "STEP_STATES": STEP_STATES,
    "STEP_KINDS": STEP_KINDS,
    "CALLBACK_OUTCOMES": CALLBACK_OUTCOMES,
    "CALLBACK_ANSWERS": CALLBACK_ANSWERS,
    "SERVICE_STATES": SERVICE_STATES,
    "LIST_STATES": LIST_STATES,
    "KEY_PLACES": KEY_PLACES,
    "FEE_KINDS": FEE_KINDS,
    "ROLES": ROLES,
}
