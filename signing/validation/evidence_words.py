"""What is wrong with an answer about revocation or odd about a certificate, in words: for whoever must mend it."""

from collections.abc import Sequence

from certs.model import Finding
from signing.validation.report import Reason

WORDS: dict[str, tuple[str, str]] = {
    "address-not-allowed": (
        "Địa chỉ không được phép gọi từ hệ thống này.",
        "The address may not be called from here.",
    ),
    "time-limit": ("Máy chủ không trả lời kịp thời hạn.", "The server did not answer in time."),
    "size-limit": ("Câu trả lời quá lớn nên không được nhận.", "The answer is too large and was not taken."),
    "unreachable": ("Không kết nối được tới máy chủ.", "The server cannot be reached."),
    "http-status": ("Máy chủ trả về mã lỗi.", "The server answered with an error."),
    "resting": (
        "Máy chủ vừa không trả lời nên tạm thời không được hỏi.",
        "The server was silent a moment ago and is left alone for now.",
    ),
    "not-asked": ("Chỉ dùng các câu trả lời đã lưu.", "Only answers that are kept were used."),
    "nonce-differs": (
        "Câu trả lời không dành cho yêu cầu vừa gửi.",
        "The answer was not made for the request that was sent.",
    ),
    "unreadable": (
        "Dữ liệu không phải là câu trả lời hoặc danh sách thu hồi đọc được.",
        "The bytes are no readable answer or revocation list.",
    ),
    "from-the-future": ("Câu trả lời ghi thời điểm ở tương lai.", "The answer claims to be from the future."),
    "stale": ("Câu trả lời đã hết thời hạn sử dụng.", "The answer is out of date."),
    "other-certificate": ("Câu trả lời nói về chứng thư số khác.", "The answer is about another certificate."),
    "signer-not-entitled": (
        "Câu trả lời không do nơi cấp chứng thư số hoặc nơi được ủy quyền ký.",
        "The answer is not signed by the issuer or by whom the issuer certified for that.",
    ),
    "responder-unproved": (
        "Chưa rõ chứng thư số của nơi trả lời có bị thu hồi hay không.",
        "It is not known whether the responder's own certificate was revoked.",
    ),
    "unknown-to-responder": (
        "Nơi trả lời không biết chứng thư số này.",
        "The responder does not know this certificate.",
    ),
    "not-understood": (
        "Danh sách có phần mở rộng quan trọng mà hệ thống không hiểu.",
        "The list has a critical extension that is not understood here.",
    ),
    "some-reasons-only": (
        "Danh sách chỉ nói về một số lý do thu hồi.",
        "The list is about some reasons for a revocation only.",
    ),
    "base-missing": (
        "Danh sách thay đổi không có danh sách gốc đi kèm.",
        "A delta list lacks the list that it builds on.",
    ),
    "serial-not-positive": (
        "Chứng thư số có số sê-ri không phải là số dương.",
        "The serial number of a certificate is not positive.",
    ),
    "serial-too-long": (
        "Chứng thư số có số sê-ri dài hơn 20 byte.",
        "The serial number of a certificate is longer than 20 bytes.",
    ),
    "gigantic-extension": (
        "Chứng thư số có phần mở rộng lớn bất thường.",
        "A certificate has an extension of abnormal size.",
    ),
}


def evidence_reasons(findings: Sequence[Finding]) -> tuple[Reason, ...]:
    """Return findings in words, each with the place that it is about."""
    return tuple(
        Reason(one.code, *(f"{text} ({one.place})" if one.place else text for text in WORDS[one.code]))
        for one in findings
    )
