"""What is wrong with a key or an authority and what an operator does about it; the problems' own words are callers'."""

from gateway.key_holds import HELD_BY_DECISION, KEY_NOT_PROVED
from gateway.problem_catalogue import PROBLEMS, UNEXPECTED
from gateway.web.view_models import Text

OWN_REASONS = {
    KEY_NOT_PROVED: Text("Khoá chưa ký thử lần nào", "The key has not signed a nonce yet"),
    HELD_BY_DECISION: Text("Có người quyết định tạm dừng", "A person put it on hold"),
}
_MEND_AND_CHECK = Text(
    "Sửa xong thì chạy `certs self-check MÃ` để thử lại.", "Mend it, then run `certs self-check ID`."
)
_MEND_PIN = Text(
    "Sửa mã PIN ở nơi lưu, rồi chạy `certs release MÃ --actor TÊN`. Mã PIN sai không được thử lại trước đó.",
    "Correct the PIN at its place, then run `certs release ID --actor NAME`. The wrong PIN is not tried before.",
)
_COMES_BACK = Text(
    "Hệ thống tự thử lại trong ngày. Nếu kéo dài, kiểm tra thiết bị hoặc tệp khoá ở máy chủ.",
    "It is tried again within the day. If it lasts, look at the token or key file of the server.",
)
ADVICE = {
    KEY_NOT_PROVED: Text(
        "Hệ thống đang cho khoá ký thử; nếu không qua, xem lý do ở phần tự kiểm tra.",
        "A worker lets the key sign; if it fails, the self-checks below say why.",
    ),
    HELD_BY_DECISION: Text(
        "Người khác với người đã tạm dừng chạy `certs release MÃ --actor TÊN`.",
        "Someone other than who held it runs `certs release ID --actor NAME`.",
    ),
    "pin-incorrect": _MEND_PIN,
    "pin-locked": Text(
        "Nhờ đơn vị cấp thiết bị mở khoá, rồi chạy `certs release MÃ --actor TÊN`.",
        "Have the token's issuer unlock it, then run `certs release ID --actor NAME`.",
    ),
    "token-absent": _COMES_BACK,
    "key-source-timed-out": _COMES_BACK,
    "key-source-unavailable": _COMES_BACK,
    "secret-unavailable": Text(
        "Đặt lại mã PIN ở nơi mà địa chỉ khoá chỉ tới (tệp, biến môi trường hoặc kho bí mật).",
        "Put the PIN back at the place that the key's address names (file, environment or vault).",
    ),
}


def problem_title(code: str) -> Text:
    """Return what a code means, without the advice that is meant for callers of the API."""
    if code in OWN_REASONS:
        return OWN_REASONS[code]
    problem = PROBLEMS.get(code, UNEXPECTED)
    return Text(problem.title_vi, problem.title_en)


def operator_advice(code: str) -> Text:
    """Return what an operator does about a key's problem."""
    return ADVICE.get(code, _MEND_AND_CHECK)
