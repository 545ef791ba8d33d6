"""Findings in plain Vietnamese and English. The code is stable, the words may be improved."""

from datetime import datetime, timedelta, timezone

from certs.algorithms import AlgorithmRefusal
from certs.model import SubIndication
from signing.validation.report import Reason

VIETNAM = timezone(timedelta(hours=7))

WORDS: dict[str, tuple[str, str]] = {
    "signature-passed": (
        "Chữ ký hợp lệ: nội dung không bị thay đổi và chứng thư số của người ký được tin cậy.",
        "The signature is good: the content is unchanged and the signer's certificate is trusted.",
    ),
    "content-changed": (
        "Nội dung đã bị thay đổi sau khi ký: không được dùng tài liệu này.",
        "The content was changed after it was signed: do not rely on this document.",
    ),
    "value-wrong": (
        "Giá trị chữ ký không khớp với chứng thư số đi kèm: chữ ký không có giá trị.",
        "The signature value does not match the certificate that comes with it: the signature is void.",
    ),
    "signed-content-missing": (
        "Chữ ký nằm ở tệp riêng và không tìm thấy nội dung đã ký: hãy gửi kèm tệp gốc.",
        "The signature stands apart, and the content that it signs was not found: send the original file with it.",
    ),
    "container-unusable": (
        "Tệp chứa chữ ký bị hỏng hoặc không an toàn nên không mở được.",
        "The container is damaged or not safe to open.",
    ),
    "container-unsound": (
        "Tệp chứa chữ ký không được đóng gói theo quy định: không xác định được chữ ký ký lên nội dung nào.",
        "The container is not packed as it must be: what the signature is about cannot be told.",
    ),
    "signed-file-missing": (
        "Thiếu tệp đã được ký trong tệp chứa chữ ký.",
        "A file that was signed is missing from the container.",
    ),
    "unsigned-file-in-container": (
        "Trong tệp chứa chữ ký có tệp không được ký: không được dựa vào tệp đó.",
        "The container holds a file that is not signed: do not rely on that file.",
    ),
    "signature-malformed": (
        "Chữ ký bị hỏng hoặc không đúng định dạng nên không thể chấp nhận.",
        "The signature is damaged or malformed and cannot be accepted.",
    ),
    "signature-format-unsupported": (
        "Chữ ký dùng định dạng cũ hoặc lạ mà hệ thống không kiểm tra được.",
        "The signature uses an old or unknown format that this system cannot check.",
    ),
    "coverage-unsound": (
        "Chữ ký không bao phủ trọn vẹn tài liệu như quy định: phần không được ký có thể đã bị sửa.",
        "The signature does not cover the document as it must: what it leaves out may have been changed.",
    ),
    "signature-not-in-form": (
        "Trong tệp có dữ liệu chữ ký mà không trường chữ ký nào dẫn tới: có thể chữ ký đã bị gỡ khỏi tài liệu.",
        "The file holds a signature that no signature field leads to: it may have been removed from the document.",
    ),
    "signature-shared-by-fields": (
        "Nhiều trường chữ ký cùng dùng một chữ ký: tài liệu đã bị can thiệp.",
        "Several signature fields use one and the same signature: the document was tampered with.",
    ),
    "changed-after-signing": (
        "Phần đã ký vẫn nguyên vẹn, nhưng sau đó tài liệu bị sửa ngoài phạm vi cho phép: "
        "nội dung đang thấy có thể không phải nội dung đã ký.",
        "What was signed is intact, but the document was changed afterwards beyond what is allowed: "
        "what you see may not be what was signed.",
    ),
    "changes-unclear": (
        "Sau chữ ký có phần thêm vào mà hệ thống không xác định được là có được phép hay không.",
        "Something was added after the signature, and it could not be worked out whether that is allowed.",
    ),
    "permitted-changes": (
        "Sau chữ ký này tài liệu chỉ có những bổ sung được phép (ví dụ thêm chữ ký khác).",
        "After this signature the document has only additions that are allowed, such as further signatures.",
    ),
    "signer-certificate-missing": (
        "Không tìm thấy chứng thư số của người ký trong chữ ký.",
        "The signer's certificate is not to be found in the signature.",
    ),
    "not-trusted": (
        "Chứng thư số của người ký không do tổ chức được hệ thống tin cậy cấp.",
        "The signer's certificate does not come from an authority that this system trusts.",
    ),
    "chain-unsound": (
        "Chuỗi chứng thư số của người ký có lỗi nên không thể tin cậy.",
        "The chain of certificates above the signer's is not sound and cannot be trusted.",
    ),
    "not-for-signing": (
        "Chứng thư số không được cấp để ký văn bản.",
        "The certificate was not issued for signing documents.",
    ),
    "algorithm-weak": (
        "Chữ ký hoặc chứng thư số dùng thuật toán hoặc độ dài khóa không còn an toàn{refused}.",
        "The signature or a certificate uses an algorithm or key size that is no longer safe{refused}.",
    ),
    "certificate-expired": (
        "Chứng thư số đã hết hạn và không có dấu thời gian tin cậy chứng minh đã ký trước khi hết hạn.",
        "The certificate has expired, and no trusted time-stamp proves that the signature was made before that.",
    ),
    "certificate-not-yet-valid": (
        "Thời điểm ký trước khi chứng thư số có hiệu lực.",
        "The signature was made before the certificate became valid.",
    ),
    "certificate-revoked": (
        "Chứng thư số đã bị thu hồi{when} và không có dấu thời gian tin cậy chứng minh đã ký trước đó.",
        "The certificate was revoked{when}, and no trusted time-stamp proves that the signature was made before that.",
    ),
    "ca-revoked": (
        "Chứng thư số của tổ chức cấp đã bị thu hồi.",
        "The certificate of the issuing authority was revoked.",
    ),
    "revocation-unknown": (
        "Chưa hỏi được tình trạng thu hồi của chứng thư số. Hãy thử lại sau.",
        "Whether the certificate was revoked could not be found out. Please try again later.",
    ),
    "revocation-waived": (
        "Không ai cho biết chứng thư số có bị thu hồi hay không; quy tắc của hệ thống cho phép bỏ qua bước này.",
        "Nobody could say whether the certificate was revoked; the rules of this system let that pass.",
    ),
    "timestamp-good": (
        "Có dấu thời gian tin cậy: chữ ký đã tồn tại lúc {time}.",
        "A trusted time-stamp proves that the signature existed at {time}.",
    ),
    "timestamp-unusable": (
        "Dấu thời gian không dùng được, nên thời điểm ký chưa được chứng minh.",
        "A time-stamp cannot be relied on, so the time of signing is not proved.",
    ),
    "no-timestamp": (
        "Không có dấu thời gian: giờ ký chỉ do người ký khai báo.",
        "There is no time-stamp: the time of signing is only what the signer states.",
    ),
    "claimed-time-implausible": (
        "Giờ ký do người ký khai báo không phù hợp với dấu thời gian hoặc ở tương lai.",
        "The time that the signer states does not fit the time-stamp, or lies in the future.",
    ),
    "validation-failed": (
        "Không thể kiểm tra xong chữ ký này vì dữ liệu bất thường.",
        "This signature could not be checked to the end because its data is abnormal.",
    ),
    "document-unreadable": (
        "Tệp bị hỏng hoặc không phải PDF nên không đọc được.",
        "The file is damaged or is not a PDF and cannot be read.",
    ),
    "document-encrypted": (
        "Tệp được bảo vệ bằng mật khẩu nên không kiểm tra được.",
        "The file is protected by a password and cannot be checked.",
    ),
    "document-irregular": (
        "Cấu trúc tệp có chỗ không đúng chuẩn PDF.",
        "The structure of the file departs from the PDF standard in places.",
    ),
    "too-many-signatures": (
        "Tệp có quá nhiều chữ ký; chỉ một phần được kiểm tra.",
        "The file has too many signatures; only some of them were checked.",
    ),
}

REASON_OF_SUB_INDICATION = {
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: "signer-certificate-missing",
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: "not-trusted",
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: "chain-unsound",
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: "not-for-signing",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: "algorithm-weak",
    SubIndication.OUT_OF_BOUNDS_NO_POE: "certificate-expired",
    SubIndication.NOT_YET_VALID: "certificate-not-yet-valid",
    SubIndication.REVOKED_NO_POE: "certificate-revoked",
    SubIndication.REVOKED_CA_NO_POE: "ca-revoked",
    SubIndication.TRY_LATER: "revocation-unknown",
}


def reason(code: str, *, time: datetime | None = None, refused: AlgorithmRefusal | None = None) -> Reason:
    """Return a finding in words, where they have a place for it with a time in Vietnam's zone or an algorithm."""
    vi, en = WORDS[code]
    shown = "" if time is None else time.astimezone(VIETNAM).strftime("%H:%M:%S %d/%m/%Y +07:00")
    refused_vi, refused_en = _refused_words(refused)
    return Reason(
        code,
        vi.format(time=shown, when=f" lúc {shown}" if shown else "", refused=refused_vi),
        en.format(time=shown, when=f" at {shown}" if shown else "", refused=refused_en),
    )


def _refused_words(refused: AlgorithmRefusal | None) -> tuple[str, str]:
    if refused is None:
        return "", ""
    name = refused.algorithm
    if refused.until is None:
        return f" ({name}, không được chấp nhận)", f" ({name}, not acceptable)"
    return f" ({name}, chỉ được chấp nhận đến hết ngày {refused.until:%d/%m/%Y})", f" ({name}, until {refused.until})"
