"""The operators' page about certificates: the database's own facts, each viewer's own units, both languages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from certs.model import CertificateRole
from certs.revocation.model import EvidenceItem
from certs.trusted_lists.store import TrustedListRow
from config.settings import TimestampAuthoritySettings
from gateway.app import create_app
from gateway.certificate_inventory import Decider, hold
from gateway.services import Services
from gateway.timestamp_health import AuthorityHealth
from signing.timestamps.fallback import TimestampAttempt
from tests.certs.authority import Authority, Holder
from tests.gateway.pages.office import Browser, Office

NOW = datetime.now(UTC).replace(microsecond=0)
PAGE = "/admin/certificates"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(NOW, "http://127.0.0.1:9")


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    authorities = tuple(
        TimestampAuthoritySettings(name=name, url=f"http://127.0.0.1:9/{number}")
        for number, name in enumerate(("TSA Một", "TSA Hai", "TSA Ba"))
    )
    settings = services.settings.model_copy(update={"timestamp_authorities": authorities})
    return create_app(replace(services, settings=settings))


def keep(
    office: Office, holder: Holder, uri: str = "pkcs11:token=a;object=b?pin-source=file:/p", **more: object
) -> str:
    with office.services.unit_of_work() as work:
        row = work.certificates.add(
            unit_id=office.unit_id,
            label="x",
            role=CertificateRole.PERSON,
            certificate_der=holder.der,
            chain_ders=(),
            key_source_uri=uri,
            now=NOW,
            hold_code=more.pop("hold_code", None),  # type: ignore[arg-type]
        )
        for name, value in more.items():
            setattr(row, name, value)
        work.commit()
        return row.id


def rows(browser: Browser, section: str, path: str = PAGE) -> list[str]:
    """Return the table rows under a heading as a person reads them."""
    found = browser.read(path).xpath(f"//section[@aria-labelledby='{section}']//tbody/tr")
    return [" ".join(" ".join(row.itertext()).split()) for row in found]


def counts(browser: Browser) -> list[tuple[str, str]]:
    cards = browser.read(PAGE).xpath("//nav//a[contains(@class, 'stat')]")
    return [(card.xpath("b")[0].text, card.xpath("span")[0].text) for card in cards]


def test_what_ends_is_counted_and_listed_the_most_urgent_first_with_its_successor(
    office: Office, authority: Authority
) -> None:
    heir = keep(office, authority.leaf("Người Kế Tiếp", ends=timedelta(days=700)))
    for days in (80, 20, -2):
        keep(office, authority.leaf(f"Còn {days}", ends=timedelta(days=days, hours=1)))
    keep(office, authority.leaf("Sắp Hết", ends=timedelta(days=5, hours=1)), replaced_by=heir)
    keep(office, authority.leaf("Đã Thôi", ends=timedelta(days=5)), state="withdrawn")
    auditor = office.person("auditor")

    assert counts(auditor)[:4] == [
        ("1", "đã hết hạn"),
        ("1", "hết hạn trong 7 ngày"),
        ("2", "hết hạn trong 30 ngày"),
        ("3", "hết hạn trong 90 ngày"),
    ]
    listed = rows(auditor, "ending")
    assert [row.split(" cá nhân")[0] for row in listed] == ["Còn -2", "Sắp Hết", "Còn 20", "Còn 80"]
    assert "đã hết hạn" in listed[0]
    assert "5 ngày Người Kế Tiếp" in listed[1]
    assert "thiết bị ở máy chủ" in listed[2]
    assert len(rows(auditor, "ending", f"{PAGE}?days=7")) == 2
    # A number of days that nobody offers shows the widest.
    assert len(rows(auditor, "ending", f"{PAGE}?days=100000")) == 4
    assert "expired" in rows(auditor, "ending", f"{PAGE}?lang=en")[0]


def test_more_than_a_page_of_certificates_are_counted_and_the_rest_named(office: Office, authority: Authority) -> None:
    holder = authority.leaf("Rất Nhiều", ends=timedelta(days=6))
    for number in range(52):
        keep(replace(office, unit_id=office.unit_id), holder, sha256=f"{number:064x}")
    auditor = office.person("auditor")

    assert ("52", "hết hạn trong 7 ngày") in counts(auditor)
    assert "Còn 2 dòng nữa." in auditor.words(PAGE)


def test_a_held_key_says_why_since_when_and_what_to_do(office: Office, authority: Authority) -> None:
    keep(office, authority.leaf("Sai Mã"), hold_code="pin-incorrect", held_at=NOW)
    waiting = authority.leaf("Chờ Thử")
    keep(office, waiting, hold_code="key-not-proved", held_at=NOW - timedelta(hours=1))
    decided = keep(office, authority.leaf("Tạm Dừng"))
    with office.services.unit_of_work() as work:
        hold(work, decided, Decider("operator", "Trần Văn Quyết"), "nghỉ phép", NOW - timedelta(hours=2))
        work.commit()
    auditor = office.person("auditor")

    wrong_pin, not_proved, by_person = rows(auditor, "held")
    assert ("5", "khoá đang bị giữ") not in counts(auditor)
    assert ("3", "khoá đang bị giữ") in counts(auditor)
    assert "Mã PIN không đúng" in wrong_pin
    assert "certs release" in wrong_pin
    assert "Khoá chưa ký thử lần nào" in not_proved
    assert "Có người quyết định tạm dừng (Trần Văn Quyết)" in by_person
    assert "Người khác với người đã tạm dừng" in by_person


def test_keys_that_fail_or_miss_their_weekly_check_are_listed_and_good_ones_counted(
    office: Office, authority: Authority
) -> None:
    keep(office, authority.leaf("Tốt"), self_checked_at=NOW)
    keep(office, authority.leaf("Vắng Mặt"), self_checked_at=NOW, self_check_code="token-absent")
    keep(office, authority.leaf("Bị Quên"), self_checked_at=NOW - timedelta(days=9))
    keep(office, authority.leaf("Mới Thêm"))
    keep(office, authority.leaf("Ở Bàn"), "desk:serial=1", created_at=NOW - timedelta(days=30))
    auditor = office.person("auditor")

    listed = rows(auditor, "checks")
    assert [row.split(" cá nhân")[0] for row in listed] == ["Vắng Mặt", "Bị Quên"]
    assert "Chưa cắm thiết bị ký" in listed[0]
    assert "Quá một tuần chưa kiểm tra" in listed[1]
    assert ("2", "khoá chưa qua tự kiểm tra") in counts(auditor)
    assert "2 khoá ở máy chủ đã ký thử đúng." in auditor.words(PAGE)


def test_authorities_answers_and_lists_are_shown_as_they_stand(office: Office) -> None:
    health = AuthorityHealth(office.services.unit_of_work)
    health.note(TimestampAttempt("TSA Một", "stamped", 0.25))
    health.note(TimestampAttempt("TSA Hai", "timestamp-unavailable", 180.0))
    with office.services.unit_of_work() as work:
        for number in range(3):
            answer = EvidenceItem("ocsp", b"answer", "http://o", NOW, NOW + timedelta(hours=6 - 12 * number))
            key = f"http://ocsp.vidu.example#{number:064x}"
            work.certificates.keep_evidence(key, answer, NOW - timedelta(hours=5 + number))
        late = EvidenceItem("crl", b"list", "http://c", NOW - timedelta(days=9), NOW - timedelta(days=2))
        work.certificates.keep_evidence("http://crl.vidu.example/ca.crl", late, NOW - timedelta(days=9))
        work.certificates.keep_evidence("http://crl.vidu.example/xua.crl", late, NOW - timedelta(days=40))
        for territory, state, problem, ends in (
            ("VN", "active", None, 30),
            ("LA", "active", "trusted-list-not-signed", 3),
            ("KH", "active", None, -1),
            ("TH", "proposed", None, 30),
            ("MM", "ended", None, 30),
        ):
            work.trusted_lists.add(listed(office.unit_id, territory, state, problem, ends))
        work.commit()
    auditor = office.person("auditor")

    authorities = rows(auditor, "authorities")
    assert [row.split()[1] for row in authorities] == ["Một", "Hai", "Ba"]
    assert "Tốt" in authorities[0]
    assert "0,25 s" in authorities[0]
    assert "Đang lỗi Máy chủ dấu thời gian chưa trả lời, từ" in authorities[1]
    assert "Chưa hỏi lần nào" in authorities[2]
    crl, ocsp = rows(auditor, "answers")
    assert crl.startswith("http://crl.vidu.example/ca.crl CRL 1 1 tuần")
    assert crl.endswith("Quá hạn")
    assert ocsp.startswith("http://ocsp.vidu.example OCSP 3 5 giờ")
    assert ocsp.endswith("Tốt")
    lists = rows(auditor, "lists")
    assert [row.split("(")[1][:2] for row in lists] == ["VN", "LA", "KH", "TH"]
    words = ("Đang dùng", "Bản mới bị từ chối", "Quá hạn", "Chờ người thứ hai xác nhận")
    assert all(word in row for word, row in zip(words, lists, strict=True))


def listed(unit_id: str, territory: str, state: str, problem: str | None, ends_days: int) -> TrustedListRow:
    return TrustedListRow(
        unit_id=unit_id,
        territory=territory,
        operator_name="Cơ quan quản lý",
        purposes=["tsa"],
        territories=[],
        signers=[],
        state=state,
        sequence_number=3,
        issued_at=NOW,
        next_update=NOW + timedelta(days=ends_days),
        proposed_by="an",
        proposed_at=NOW,
        problem_code=problem,
    )


def test_a_person_sees_the_own_units_certificates_and_nothing_of_what_serves_the_city(
    office: Office, neighbour: Office, authority: Authority
) -> None:
    keep(office, authority.leaf("Người Phường Một", ends=timedelta(days=3)))
    keep(neighbour, authority.leaf("Người Phường Hai", ends=timedelta(days=3)), hold_code="pin-incorrect")
    clerk, auditor = office.person("clerk"), office.person("auditor")

    assert [row.split(" cá nhân")[0] for row in rows(clerk, "ending")] == ["Người Phường Một"]
    assert rows(clerk, "held") == []
    assert "Người Phường Hai" not in clerk.words(PAGE)
    assert clerk.read(PAGE).xpath("//section[@aria-labelledby='authorities']") == []
    assert len(rows(auditor, "ending")) == 2
    assert len(rows(auditor, "held")) == 1
