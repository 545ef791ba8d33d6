"""Errors as pages: what happened, whether money and documents are safe, what to do, and a reference."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, Response, current_app, g, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

MACHINE_PATHS = ("/v1", "/oauth", "/callbacks", "/healthz", "/readyz", "/metrics", "/openapi")


class ErrorText(NamedTuple):
    """The sentences of one error page."""

    title: LazyString
    what: LazyString
    safe: LazyString
    todo: LazyString


NOTHING_CHANGED = lazy_gettext("Không có khoản tiền hay văn bản nào bị thay đổi.")

TEXTS = {
    400: ErrorText(
        lazy_gettext("Yêu cầu chưa đúng"),
        lazy_gettext("Trang gửi lên thiếu thông tin hoặc đã mở quá lâu nên chúng tôi không nhận."),
        NOTHING_CHANGED,
        lazy_gettext("Hãy mở lại trang từ đầu rồi làm lại."),
    ),
    403: ErrorText(
        lazy_gettext("Bạn không được xem trang này"),
        lazy_gettext("Tài khoản đang dùng không có quyền với nội dung bạn mở."),
        NOTHING_CHANGED,
        lazy_gettext("Nếu công việc cần đến, hãy đề nghị người quản trị của đơn vị cấp quyền."),
    ),
    404: ErrorText(
        lazy_gettext("Không tìm thấy trang"),
        lazy_gettext("Địa chỉ có thể bị chép thiếu, hoặc nội dung không còn ở đây."),
        lazy_gettext("Khoản đã nộp và văn bản đã ký vẫn được giữ nguyên."),
        lazy_gettext("Hãy mở lại đường dẫn trong tin nhắn hoặc quét lại mã trên giấy."),
    ),
    405: ErrorText(
        lazy_gettext("Không mở trang này theo cách đó được"),
        lazy_gettext("Địa chỉ này chỉ nhận thông tin từ một biểu mẫu."),
        NOTHING_CHANGED,
        lazy_gettext("Hãy quay về trang trước rồi bấm nút trên trang."),
    ),
    413: ErrorText(
        lazy_gettext("Tệp quá lớn"),
        lazy_gettext("Tệp bạn gửi vượt quá dung lượng mà chúng tôi nhận."),
        lazy_gettext("Chúng tôi chưa lưu tệp nào."),
        lazy_gettext("Hãy chọn tệp nhỏ hơn, hoặc gửi qua cơ quan nơi bạn nộp hồ sơ."),
    ),
    429: ErrorText(
        lazy_gettext("Bạn gửi quá nhiều lần"),
        lazy_gettext("Trong thời gian ngắn có quá nhiều yêu cầu từ nơi bạn đang dùng."),
        NOTHING_CHANGED,
        lazy_gettext("Hãy chờ một phút rồi thử lại."),
    ),
    500: ErrorText(
        lazy_gettext("Chúng tôi gặp trục trặc"),
        lazy_gettext("Một việc ở phía chúng tôi không chạy như mong đợi; lỗi đã được ghi lại."),
        lazy_gettext(
            "Tiền đã nộp và văn bản đã ký không mất: việc dở dang được hoàn tất hoặc huỷ hẳn, không làm hai lần."
        ),
        lazy_gettext("Hãy tải lại trang sau ít phút. Nếu vừa trả tiền, đừng trả lần nữa trước khi xem lại trạng thái."),
    ),
    503: ErrorText(
        lazy_gettext("Tạm thời chưa phục vụ được"),
        lazy_gettext("Một phần của hệ thống đang bận hoặc đang bảo trì."),
        lazy_gettext("Tiền đã nộp và văn bản đã ký vẫn an toàn, sẽ hiện ra khi hệ thống chạy lại."),
        lazy_gettext("Hãy thử lại sau vài phút. Nếu vừa trả tiền, đừng trả lần nữa."),
    ),
}


def reference() -> str:
    """Return the request's id where the app gives one, so that the log line can be found."""
    known = g.get("request_id")
    return str(known) if known else uuid.uuid4().hex[:12]


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error; the app may know more of them than the pages do."""
    if isinstance(error, HTTPException):
        return error.code or 500
    known: Callable[[Exception], int] | None = current_app.extensions.get("status_of")
    return known(error) if known else 500


def text_for(status: int) -> ErrorText:
    """Return the sentences for a status; another status reads like the plain one of its hundred."""
    return TEXTS.get(status) or TEXTS[400 if status < 500 else 500]


def error_page(error: Exception) -> Response:
    """Render an error for a person."""
    status, code = status_of(error), reference()
    if status >= 500:
        current_app.logger.error("page failed, reference %s", code, exc_info=error)
    # Rendered past the context processors: Flask-Login's would load the person from a database that may be gone.
    template = current_app.jinja_env.get_template("web/error.html")
    html = template.render(status=status, text=text_for(status), reference=code)
    response = make_response(html, status)
    if isinstance(error, HTTPException):
        kept = ("Allow", "Retry-After")
        response.headers.extend([(name, value) for name, value in error.get_headers() if name in kept])
    return response


def is_for_machines() -> bool:
    """Say whether the request belongs to a part that answers in its own dialect."""
    return any(request.path == path or request.path.startswith((f"{path}/", f"{path}.")) for path in MACHINE_PATHS)


def answer_error(error: Exception) -> ResponseReturnValue:
    """Answer with a page, or leave a machine's request to `app.extensions["problems"]`."""
    if isinstance(error, HTTPException) and error.response is not None:
        return error.response
    if not is_for_machines():
        return error_page(error)
    problem: Callable[[Exception], ResponseReturnValue] | None = current_app.extensions.get("problems")
    if problem is not None:
        return problem(error)
    if isinstance(error, HTTPException):
        return error
    raise error


def register_error_pages(app: Flask) -> None:
    """Handle every error of the app in one place."""
    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(CSRFError, answer_error)
    app.register_error_handler(Exception, answer_error)
