"""Every problem the API can answer: its status, and in both languages what it is and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One kind of refusal or fault (RFC 9457): title says what it is, advice what the caller can do."""

    status: int
    title_vi: str
    title_en: str
    advice_vi: str
    advice_en: str
    retry_after_seconds: int | None = None


UNEXPECTED = Problem(
    500,
    "Hệ thống gặp lỗi ngoài dự kiến",
    "Something went wrong on our side",
    "Văn bản và tiền không bị ảnh hưởng. Hãy thử lại; nếu vẫn lỗi, gửi mã yêu cầu cho đơn vị vận hành.",
    "Documents and money are safe. Try again; if it stays, give the request id to the operators.",
)

HTTP_CODES = {
    400: "request-malformed",
    401: "token-missing",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "document-too-large",
    415: "media-type-not-supported",
    429: "too-many-requests",
}

_CALLER_MENDS = "Sửa yêu cầu rồi gửi lại."
_CALLER_MENDS_EN = "Mend the request and send it again."
_OTHER_FILE = "Hãy xuất lại tệp PDF từ nguồn và tải lên tệp mới."
_OTHER_FILE_EN = "Export the PDF from its source again and upload the new file."
_OPERATOR = "Báo người quản trị; yêu cầu tự chạy tiếp khi đã khắc phục, không cần gửi lại."
_OPERATOR_EN = "Tell an operator; the request goes on by itself once this is mended, do not send it again."
_WAITS = "Không cần làm gì: hệ thống tự thử lại."
_WAITS_EN = "Nothing to do: the gateway tries again by itself."
_OTHER_CERTIFICATE = "Chọn chứng thư số khác còn hiệu lực cho người ký này."
_OTHER_CERTIFICATE_EN = "Choose another certificate of this signer that is in force."

PROBLEMS: dict[str, Problem] = {
    "unexpected": UNEXPECTED,
    "database-unavailable": Problem(
        503,
        "Cơ sở dữ liệu tạm thời không trả lời",
        "The database does not answer at the moment",
        "Chưa có gì bị thay đổi. Gửi lại yêu cầu (cùng Idempotency-Key) sau vài giây.",
        "Nothing was changed. Send the request again (same Idempotency-Key) in a few seconds.",
        retry_after_seconds=5,
    ),
    "request-malformed": Problem(
        400, "Yêu cầu không đọc được", "The request cannot be read", _CALLER_MENDS, _CALLER_MENDS_EN
    ),
    "request-invalid": Problem(
        422,
        "Yêu cầu có trường chưa đúng",
        "Some fields of the request are wrong",
        "Xem danh sách errors: mỗi lỗi chỉ rõ vị trí trường.",
        "See errors: each names the place of a field and its fault.",
    ),
    "forbidden": Problem(
        403, "Không được phép", "Not allowed", "Dùng tài khoản có quyền.", "Use an account that may do this."
    ),
    "not-found": Problem(
        404, "Không có địa chỉ này", "There is nothing at this address", "Kiểm tra lại đường dẫn.", "Check the path."
    ),
    "method-not-allowed": Problem(
        405,
        "Địa chỉ này không nhận phương thức đó",
        "This address does not take that method",
        "Xem /docs để biết phương thức đúng.",
        "See /docs for the right method.",
    ),
    "media-type-not-supported": Problem(
        415,
        "Kiểu nội dung không được hỗ trợ",
        "This content type is not supported",
        "Gửi JSON với Content-Type: application/json.",
        "Send JSON with Content-Type: application/json.",
    ),
    "too-many-requests": Problem(
        429,
        "Quá nhiều yêu cầu",
        "Too many requests",
        "Đợi một phút rồi thử lại.",
        "Wait a minute and try again.",
        60,
    ),
    "token-missing": Problem(
        401,
        "Thiếu mã truy cập",
        "An access token is missing",
        "Lấy mã ở /oauth/token rồi gửi trong tiêu đề Authorization: Bearer.",
        "Get a token at /oauth/token and send it in the Authorization: Bearer header.",
    ),
    "token-invalid": Problem(
        401,
        "Mã truy cập không đúng hoặc đã hết hạn",
        "The access token is wrong or has expired",
        "Lấy mã mới ở /oauth/token.",
        "Get a new token at /oauth/token.",
    ),
    "scope-missing": Problem(
        403,
        "Mã truy cập không có quyền này",
        "The access token lacks the scope for this",
        "Xin cấp thêm quyền cho hệ thống của bạn.",
        "Have the scope granted to your client.",
    ),
    "idempotency-key-too-long": Problem(
        400,
        "Idempotency-Key quá dài",
        "The Idempotency-Key is too long",
        "Tối đa 255 ký tự.",
        "Use at most 255 characters.",
    ),
    "idempotency-key-reused": Problem(
        422,
        "Idempotency-Key đã dùng cho yêu cầu khác",
        "This Idempotency-Key was used for another request",
        "Dùng khoá mới cho yêu cầu mới.",
        "Use a new key for a new request.",
    ),
    "cursor-invalid": Problem(
        400,
        "Con trỏ trang không đúng",
        "The page cursor is wrong",
        "Dùng next_cursor của trang trước, hoặc bỏ trống để đọc từ đầu.",
        "Use next_cursor of the page before, or leave it out to start anew.",
    ),
    "document-not-found": Problem(
        404,
        "Không tìm thấy văn bản",
        "No such document",
        "Kiểm tra mã văn bản và đơn vị.",
        "Check the document's id and your unit.",
    ),
    "document-too-large": Problem(
        413,
        "Tệp lớn hơn giới hạn",
        "The file is larger than the limit",
        "Giảm độ phân giải bản quét hoặc tách tệp. Chưa có gì được lưu.",
        "Lower the scan's resolution or split the file. Nothing was kept.",
    ),
    "document-empty": Problem(422, "Tệp rỗng", "The file is empty", _OTHER_FILE, _OTHER_FILE_EN),
    "document-not-pdf": Problem(422, "Tệp không phải PDF", "The file is not a PDF", _OTHER_FILE, _OTHER_FILE_EN),
    "document-unreadable": Problem(
        422,
        "Tệp PDF bị hỏng hoặc thiếu phần",
        "The PDF is damaged or cut short",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "document-encrypted": Problem(
        422,
        "Tệp PDF có mật khẩu",
        "The PDF is protected by a password",
        "Gỡ mật khẩu rồi tải lên lại.",
        "Remove the password and upload it again.",
    ),
    "document-restricted": Problem(
        422,
        "Tệp PDF bị chủ sở hữu khoá sửa đổi",
        "The PDF's owner has locked it against changes",
        "Gỡ hạn chế quyền rồi tải lên lại.",
        "Remove the restriction and upload it again.",
    ),
    "document-certified-against-changes": Problem(
        422,
        "Văn bản đã được chứng thực không cho thay đổi",
        "The document was certified against changes",
        "Chỉ người chứng thực mới phát hành được bản cho phép ký thêm.",
        "Only its certifier can issue a version that may be signed further.",
    ),
    "document-dynamic-form": Problem(
        422,
        "Tệp là biểu mẫu XFA động",
        "The file is a dynamic XFA form",
        "In biểu mẫu ra PDF thường rồi tải lên lại.",
        "Print the form to an ordinary PDF and upload that.",
    ),
    "document-too-complex": Problem(
        422,
        "Tệp PDF quá phức tạp để xử lý an toàn",
        "The PDF is too complex to be read safely",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "document-not-signable": Problem(
        422, "Văn bản không ký được", "The document cannot be signed", _OTHER_FILE, _OTHER_FILE_EN
    ),
    "document-twice": Problem(
        422,
        "Một văn bản được nêu hai lần",
        "A document is named twice",
        _CALLER_MENDS,
        _CALLER_MENDS_EN,
    ),
    "confinement": Problem(
        422,
        "Tệp không đọc được trong giới hạn an toàn",
        "The file cannot be read within the safety limits",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "file-too-slow": Problem(
        422,
        "Tệp mất quá nhiều thời gian để đọc",
        "The file takes too long to read",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "file-too-big-to-parse": Problem(
        422,
        "Tệp cần quá nhiều bộ nhớ để đọc",
        "The file needs too much memory to read",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "file-crashes-parser": Problem(
        422,
        "Tệp làm trình đọc dừng đột ngột",
        "The file makes the parser stop",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "blob-missing": Problem(
        500,
        "Dữ liệu tệp đã lưu không còn nguyên vẹn",
        "Stored bytes are missing or changed",
        "Báo ngay cho đơn vị vận hành kèm mã yêu cầu.",
        "Tell the operators at once, with the request id.",
    ),
    "too-many-documents": Problem(
        422,
        "Quá nhiều văn bản trong một yêu cầu",
        "Too many documents in one request",
        "Chia thành nhiều yêu cầu.",
        "Split them over several requests.",
    ),
    "deadline-past": Problem(
        422,
        "Thời hạn đã qua",
        "The deadline is in the past",
        "Đặt thời hạn trong tương lai.",
        "Set a deadline in the future.",
    ),
    "profile-unknown": Problem(
        422,
        "Không có kiểu ký này",
        "No such signing profile",
        "Xem /v1/signing-profiles.",
        "See /v1/signing-profiles.",
    ),
    "signing-profile-unusable": Problem(
        500,
        "Cấu hình kiểu ký có lỗi",
        "A signing profile has a fault",
        _OPERATOR,
        _OPERATOR_EN,
    ),
    "signing-request-not-found": Problem(
        404,
        "Không tìm thấy yêu cầu ký",
        "No such signing request",
        "Kiểm tra mã yêu cầu và đơn vị.",
        "Check the request's id and your unit.",
    ),
    "not-signed-yet": Problem(
        409,
        "Văn bản chưa ký xong",
        "The document is not signed yet",
        "Đợi sự kiện signing-request.completed.",
        "Wait for the event signing-request.completed.",
    ),
    "state-move-not-allowed": Problem(
        409,
        "Trạng thái hiện tại không cho phép việc này",
        "The present state does not allow this",
        "Đọc lại trạng thái hiện tại.",
        "Read the present state again.",
    ),
    "validation-not-found": Problem(
        404,
        "Không tìm thấy lượt kiểm tra",
        "No such validation",
        "Kiểm tra mã và đơn vị.",
        "Check the id and your unit.",
    ),
    "webhook-endpoint-not-found": Problem(
        404,
        "Không tìm thấy địa chỉ nhận sự kiện",
        "No such webhook endpoint",
        "Kiểm tra mã và đơn vị.",
        "Check the id and your unit.",
    ),
    "address-not-allowed": Problem(
        422,
        "Địa chỉ không được phép gọi ra",
        "This address may not be called from here",
        "Dùng địa chỉ http(s) công khai, hoặc nhờ quản trị mở mạng nội bộ.",
        "Use a public http(s) address, or have an operator open the internal network.",
    ),
    "certs": Problem(
        422, "Chứng thư số có lỗi", "The certificate has a fault", _OTHER_CERTIFICATE, _OTHER_CERTIFICATE_EN
    ),
    "certificate-unreadable": Problem(
        422,
        "Tệp không phải chứng thư số",
        "This is not a certificate",
        _CALLER_MENDS,
        _CALLER_MENDS_EN,
    ),
    "certificate-unknown": Problem(
        422,
        "Không có chứng thư số này",
        "No such certificate",
        "Xem danh mục chứng thư số của đơn vị.",
        "See the unit's certificate inventory.",
    ),
    "certificate-already-kept": Problem(
        409,
        "Chứng thư số đã có trong danh mục",
        "The certificate is in the inventory already",
        "Dùng bản đã có.",
        "Use the one that is there.",
    ),
    "certificate-state-conflict": Problem(
        409,
        "Trạng thái chứng thư số không cho phép",
        "The certificate's state does not allow this",
        "Đọc lại trạng thái chứng thư số.",
        "Read the certificate's state again.",
    ),
    "certificate-wrong-role": Problem(
        422,
        "Chứng thư số không hợp vai trò của kiểu ký",
        "The certificate does not fit the profile's role",
        "Cá nhân ký bằng chứng thư cá nhân, con dấu bằng chứng thư tổ chức.",
        "A person signs with a personal certificate, the seal with the organisation's.",
    ),
    "certificate-expired": Problem(
        422,
        "Chứng thư số đã hết hạn",
        "The certificate has expired",
        _OTHER_CERTIFICATE,
        _OTHER_CERTIFICATE_EN,
    ),
    "certificate-not-yet-valid": Problem(
        422,
        "Chứng thư số chưa có hiệu lực",
        "The certificate is not valid yet",
        _OTHER_CERTIFICATE,
        _OTHER_CERTIFICATE_EN,
    ),
    "certificate-revoked": Problem(
        422,
        "Chứng thư số đã bị thu hồi",
        "The certificate was revoked",
        _OTHER_CERTIFICATE,
        _OTHER_CERTIFICATE_EN,
    ),
    "certificate-not-trusted": Problem(
        422,
        "Chứng thư số không dẫn tới gốc tin cậy",
        "No path leads from the certificate to a trust anchor",
        "Quản trị cần cài gốc tin cậy, hoặc chọn chứng thư khác.",
        "An operator must install the anchor, or choose another certificate.",
    ),
    "certificate-not-for-signing": Problem(
        422,
        "Chứng thư số không dùng để ký văn bản",
        "The certificate is not for signing documents",
        _OTHER_CERTIFICATE,
        _OTHER_CERTIFICATE_EN,
    ),
    "certificate-withdrawn": Problem(
        422,
        "Đơn vị đã ngừng dùng chứng thư số này",
        "The unit withdrew this certificate",
        _OTHER_CERTIFICATE,
        _OTHER_CERTIFICATE_EN,
    ),
    "revocation-unknown": Problem(
        503,
        "Chưa biết chứng thư số có bị thu hồi không",
        "Nobody could say whether the certificate is revoked",
        _WAITS,
        _WAITS_EN,
        30,
    ),
    "fetch-failed": Problem(503, "Bên thứ ba chưa trả lời", "A third party did not answer", _WAITS, _WAITS_EN, 30),
    "key-source-held": Problem(
        409,
        "Khoá ký đang bị tạm giữ",
        "The signing key is on hold",
        _OPERATOR,
        _OPERATOR_EN,
    ),
    "anchor-unknown": Problem(404, "Không có gốc tin cậy này", "No such trust anchor", _CALLER_MENDS, _CALLER_MENDS_EN),
    "anchor-needs-second-person": Problem(
        409,
        "Gốc tin cậy cần người thứ hai xác nhận",
        "A trust anchor needs a second person",
        "Người khác với người cài phải xác nhận.",
        "Someone other than the installer must confirm it.",
    ),
    "signing": Problem(422, "Không ký được", "Signing failed", _OPERATOR, _OPERATOR_EN),
    "placement": Problem(
        422, "Không đặt được hình chữ ký", "The signature's picture finds no place", _CALLER_MENDS, _CALLER_MENDS_EN
    ),
    "placement-invalid": Problem(
        422,
        "Vị trí chữ ký viết chưa đúng",
        "The placement is not written as it must be",
        _CALLER_MENDS,
        _CALLER_MENDS_EN,
    ),
    "anchor-not-found": Problem(
        422,
        "Không thấy dòng chữ làm mốc đặt chữ ký",
        "The text that marks the signature's place is not in the document",
        "Kiểm tra chức danh, họ tên trong văn bản, hoặc đặt vị trí theo trang.",
        "Check the title and name in the document, or place it by page.",
    ),
    "anchor-signature-not-found": Problem(
        422,
        "Không thấy chữ ký trước để đóng dấu lên",
        "The earlier signature to seal over was not found",
        "Ký cá nhân trước rồi mới đóng dấu.",
        "Have the person sign first, then the seal.",
    ),
    "placement-too-tight": Problem(
        422,
        "Không đủ chỗ giữa chức danh và họ tên",
        "There is no room between title and name",
        "Chừa khoảng trống giữa chức danh và họ tên rồi tải lên lại.",
        "Leave room between title and name and upload the file again.",
    ),
    "page-not-found": Problem(422, "Không có trang này", "There is no such page", _CALLER_MENDS, _CALLER_MENDS_EN),
    "picture-unusable": Problem(
        422,
        "Ảnh chữ ký hoặc con dấu không dùng được",
        "The picture of handwriting or seal cannot be used",
        "Cài ảnh PNG nền trong suốt cho chứng thư số.",
        "Set a transparent PNG for the certificate.",
    ),
    "algorithm-not-allowed": Problem(
        422,
        "Khoá ký không đủ mạnh",
        "The key's algorithm or size is not allowed",
        _OTHER_CERTIFICATE,
        _OTHER_CERTIFICATE_EN,
    ),
    "signature-does-not-fit": Problem(
        422,
        "Chữ ký lớn hơn chỗ đã chừa",
        "The signature is larger than its reserved space",
        _OPERATOR,
        _OPERATOR_EN,
    ),
    "revision-altered": Problem(
        422,
        "Tệp chuẩn bị ký đã bị thay đổi",
        "The prepared file was altered",
        _OTHER_FILE,
        _OTHER_FILE_EN,
    ),
    "result-not-good": Problem(
        422,
        "Kết quả ký không qua kiểm tra của chính hệ thống",
        "The result did not pass our own validation",
        "Chưa phát hành gì. Báo đơn vị vận hành kèm mã yêu cầu.",
        "Nothing was released. Tell the operators, with the request id.",
    ),
    "key-source": Problem(503, "Nguồn khoá ký có lỗi", "The key source failed", _OPERATOR, _OPERATOR_EN, 30),
    "key-source-uri-invalid": Problem(
        422,
        "Địa chỉ nguồn khoá viết chưa đúng",
        "The key source's address is wrong",
        _OPERATOR,
        _OPERATOR_EN,
    ),
    "pin-incorrect": Problem(409, "Mã PIN không đúng", "The PIN is wrong", _OPERATOR, _OPERATOR_EN),
    "pin-locked": Problem(
        409,
        "Thiết bị đã khoá mã PIN",
        "The token has locked its PIN",
        "Đơn vị cấp thiết bị phải mở khoá.",
        "The token's issuer must unlock it.",
    ),
    "token-absent": Problem(503, "Chưa cắm thiết bị ký", "The token is not there", _WAITS, _WAITS_EN, 30),
    "key-not-found": Problem(
        503, "Thiết bị không có khoá này", "The token holds no such key", _OPERATOR, _OPERATOR_EN, 60
    ),
    "key-source-timed-out": Problem(
        503,
        "Thiết bị ký không trả lời kịp",
        "The key source did not answer in time",
        _WAITS,
        _WAITS_EN,
        30,
    ),
    "key-source-unavailable": Problem(
        503,
        "Thiết bị ký đang có lỗi",
        "The key source is unavailable",
        _WAITS,
        _WAITS_EN,
        30,
    ),
    "signature-value-wrong": Problem(
        503,
        "Giá trị ký không khớp chứng thư số",
        "The signature value does not fit the certificate",
        _OPERATOR,
        _OPERATOR_EN,
        60,
    ),
    "timestamp": Problem(503, "Chưa lấy được dấu thời gian", "No time-stamp was had", _WAITS, _WAITS_EN, 30),
    "timestamp-unavailable": Problem(
        503,
        "Máy chủ dấu thời gian chưa trả lời",
        "The time-stamping authority does not answer",
        _WAITS,
        _WAITS_EN,
        30,
    ),
    "timestamp-refused": Problem(
        503,
        "Máy chủ dấu thời gian từ chối",
        "The time-stamping authority refused",
        _WAITS,
        _WAITS_EN,
        60,
    ),
    "timestamp-not-trustworthy": Problem(
        503,
        "Dấu thời gian nhận được không tin cậy",
        "The time-stamp received cannot be trusted",
        _OPERATOR,
        _OPERATOR_EN,
        60,
    ),
    "secret-unavailable": Problem(
        503,
        "Chưa đọc được mã PIN hoặc khoá bí mật",
        "A PIN or secret cannot be read",
        _OPERATOR,
        _OPERATOR_EN,
        60,
    ),
    "unit-unknown": Problem(422, "Không có đơn vị này", "No such unit", _CALLER_MENDS, _CALLER_MENDS_EN),
    "unit-code-taken": Problem(409, "Mã đơn vị đã có", "The unit's code is taken", _CALLER_MENDS, _CALLER_MENDS_EN),
    "username-taken": Problem(409, "Tên đăng nhập đã có", "The username is taken", _CALLER_MENDS, _CALLER_MENDS_EN),
    "password-too-short": Problem(
        422, "Mật khẩu quá ngắn", "The password is too short", _CALLER_MENDS, _CALLER_MENDS_EN
    ),
    "scope-unknown": Problem(422, "Không có quyền này", "No such scope", _CALLER_MENDS, _CALLER_MENDS_EN),
}
