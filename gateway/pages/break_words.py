"""Kinds of breaks and rules of matches as pages call them."""

from gateway.web.view_models import Text
from payments.reconciliation.model import BreakKind, MatchRule
from payments.store.statement_tables import BreakClosing

KINDS = {
    BreakKind.UNKNOWN_CREDIT: Text("Tiền về không rõ của ai", "Unknown credit"),
    BreakKind.MISSING_IN_STATEMENT: Text("Chưa thấy trong sao kê", "Missing in the statement"),
    BreakKind.AMOUNT_DIFFERS: Text("Lệch số tiền", "Amount differs"),
    BreakKind.DUPLICATE_CREDIT: Text("Tiền về hai lần", "Credited twice"),
    BreakKind.SEVERAL_PAYMENTS: Text("Một khoản cho nhiều hồ sơ", "One credit, several payments"),
    BreakKind.CREDIT_TAKEN_BACK: Text("Ngân hàng thu lại", "Credit taken back"),
    BreakKind.DEBIT_RETURNED: Text("Khoản chi bị trả lại", "Debit returned"),
    BreakKind.MONEY_IN_SUSPENSE: Text("Tiền giữ chờ xử lý", "Money kept in suspense"),
    BreakKind.OUTCOME_UNKNOWN: Text("Chưa rõ kết quả trả tiền", "Payment's outcome not known"),
    BreakKind.DEBIT_UNEXPLAINED: Text("Khoản chi không rõ lý do", "Unexplained debit"),
}
RULES = {
    MatchRule.OUR_REFERENCE: Text("Theo mã tham chiếu của hệ thống", "By our reference"),
    MatchRule.PROVIDER_TRANSACTION: Text("Theo mã giao dịch của nhà cung cấp", "By the provider's transaction number"),
    MatchRule.OFFICERS: Text("Do hai người chỉ định", "Named by two people"),
}
CLOSED = {
    BreakClosing.MATCHED: Text("Đã khớp sau đó, không còn lệch.", "Matched since: no longer a difference."),
    BreakClosing.PAID_BACK: Text("Tiền đã trả lại người nộp.", "The money was paid back."),
    BreakClosing.OUTCOME_TOLD: Text("Đã biết kết quả lần trả tiền.", "The payment's outcome is known since."),
    BreakClosing.SUPERSEDED: Text("Đã được thay bằng một chỗ lệch khác.", "Replaced by another difference since."),
}
