"""Made-up states of the operators' page about certificates: everything that can be wrong, and nothing."""

from datetime import timedelta

from gateway.web.certificate_views import (
    AnswerLine,
    AuthorityLine,
    CertificateLine,
    CertificatesPage,
    CheckLine,
    HeldLine,
    KeyPlace,
    ListLine,
    ListState,
    ServiceState,
    Some,
    TrustServices,
)
from gateway.web.samples import NOON, UNIT
from gateway.web.view_models import Text

DAY = timedelta(days=1)


def line(name: str, days: int, place: KeyPlace = KeyPlace.TOKEN, successor: str | None = None) -> CertificateLine:
    identifier = f"0190f5a2-7c1b-7000-8000-{abs(days):012d}"
    return CertificateLine(identifier, name, UNIT, "person", place, NOON + days * DAY, days, successor)


LINES = (
    line("Trần Thị Hết Hạn", -3),
    line("Nguyễn Văn Ví Dụ", 5, KeyPlace.FILE, "Nguyễn Văn Ví Dụ"),
    line("Hoàng Văn Mẫu", 21, KeyPlace.DESK),
    line("Lê Thị Thử", 88, KeyPlace.REMOTE),
)
OVERDUE = ServiceState.OVERDUE
ABSENT = Text("Chưa cắm thiết bị ký", "The token is not there")
ADVICE = Text("Sửa xong thì chạy `certs self-check MÃ`.", "Mend it, then run `certs self-check ID`.")
SERVICES = TrustServices(
    authorities=(
        AuthorityLine("TSA Ban Cơ yếu", ServiceState.GOOD, NOON, NOON, None, 0.254),
        AuthorityLine("TSA dự phòng", ServiceState.FAILING, NOON, NOON - DAY, NOON - DAY / 2, 180.0, ABSENT),
        AuthorityLine("TSA thứ ba", ServiceState.UNKNOWN),
    ),
    answers=Some(
        (
            AnswerLine(
                "http://crl.vidu.example/ca.crl",
                "crl",
                1,
                9_000_000,
                NOON - 9 * DAY,
                777_600,
                NOON - DAY,
                ServiceState.OVERDUE,
            ),
            AnswerLine("http://ocsp.vidu.example", "ocsp", 412, 900_000, NOON, 720, None, ServiceState.GOOD),
        ),
        9,
    ),
    lists=(
        ListLine("Bộ Khoa học và Công nghệ", "VN", 12, ListState.IN_FORCE, NOON - DAY, NOON + 30 * DAY, NOON),
        ListLine("Scheme of Laos", "LA", 4, ListState.REFUSED, NOON - DAY, NOON + DAY, NOON, ABSENT),
        ListLine("Danh sách mới", "VN", 0, ListState.WAITING, None, None, None),
        ListLine("Danh sách cũ", "VN", 3, ListState.OVERDUE, NOON - 90 * DAY, NOON - DAY, NOON),
    ),
)
MUCH = CertificatesPage(
    at=NOON,
    days=90,
    expired=1,
    expiring=((7, 1), (30, 2), (90, 3)),
    ending=Some(LINES, 60),
    held=Some(
        (
            HeldLine(LINES[1], Text("Mã PIN không đúng", "The PIN is wrong"), ADVICE, NOON),
            HeldLine(LINES[2], Text("Có người quyết định tạm dừng", "A person put it on hold"), ADVICE, NOON, "An"),
        ),
        2,
    ),
    checks=Some((CheckLine(LINES[1], NOON, ABSENT, ADVICE), CheckLine(LINES[3], None)), 2),
    checked_good=14,
    services=SERVICES,
)
NOTHING = CertificatesPage(
    NOON,
    90,
    0,
    ((7, 0), (30, 0), (90, 0)),
    Some((), 0),
    Some((), 0),
    Some((), 0),
    0,
    TrustServices((), Some((), 0), ()),
)
