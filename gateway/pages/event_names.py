"""Events and audited actions as pages call them; the codes are the API's own."""

from gateway.web.view_models import Text

EVENTS = {
    "document.uploaded": Text("Nhận văn bản", "Document taken in"),
    "document.signed": Text("Ký văn bản", "Document signed"),
    "signing-request.created": Text("Lập yêu cầu ký", "Signing requested"),
    "signing-request.step-completed": Text("Xong một lượt ký", "One signer done"),
    "signing-request.completed": Text("Ký xong", "Signing completed"),
    "signing-request.refused": Text("Người ký từ chối", "Signing refused"),
    "signing-request.cancelled": Text("Huỷ yêu cầu ký", "Signing cancelled"),
    "signing-request.expired": Text("Yêu cầu ký hết hạn", "Signing request expired"),
    "signing-request.failed": Text("Không ký được", "Signing failed"),
    "certificate.held": Text("Tạm dừng một chứng thư", "Certificate held"),
    "certificate.released": Text("Dùng lại một chứng thư", "Certificate released"),
    "validation.asked": Text("Yêu cầu kiểm tra chữ ký", "Validation asked for"),
    "validation.completed": Text("Kiểm tra xong chữ ký", "Validation completed"),
    "validation.failed": Text("Không kiểm tra được chữ ký", "Validation failed"),
    "order.opened": Text("Mở khoản thu", "Fee order opened"),
    "order.paid": Text("Đã nhận đủ tiền", "Fee order paid"),
    "order.cancelled": Text("Huỷ khoản thu", "Fee order cancelled"),
    "order.expired": Text("Khoản thu hết hạn", "Fee order expired"),
    "attempt.started": Text("Bắt đầu trả tiền", "Payment started"),
    "attempt.failed": Text("Trả tiền không thành công", "Payment failed"),
    "attempt.unresolved": Text("Chưa rõ kết quả trả tiền", "Payment's outcome not known"),
    "payment.suspended": Text("Tiền về ngoài dự kiến, giữ chờ xử lý", "Unexpected money kept aside"),
    "receipt.numbered": Text("Cấp số biên lai", "Receipt numbered"),
    "receipt.issued": Text("Ký số biên lai", "Receipt sealed"),
    "receipt.delivered": Text("Giao biên lai", "Receipt delivered"),
    "statement.imported": Text("Nhập sao kê", "Statement imported"),
    "reconciliation.done": Text("Đối soát xong", "Reconciliation done"),
}
