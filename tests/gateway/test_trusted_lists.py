"""Trusted lists as operators and workers handle them: two persons once, then newer versions by themselves, or none."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from certs.errors import FingerprintWrong, NeedsSecondPerson, TrustedListExpired, TrustedListStateConflict
from certs.model import Purpose
from certs.trusted_lists.acceptance import fingerprint
from certs.trusted_lists.store import TrustedListRow
from config.confinement import InProcess
from gateway.callers import add_unit
from gateway.cli import app
from gateway.db import audit
from gateway.db.tables.work import AuditRow, EventRow, OutboxRow
from gateway.jobs.handlers import HANDLERS, SWEEPS
from gateway.jobs.runner import Runner
from gateway.services import Services
from gateway.trust import trust_anchors
from gateway.trusted_lists.deciding import ProposedList, confirm_list, end_list, propose_list
from gateway.trusted_lists.refreshing import refresh_list, schedule_lists
from tests.certs.authority import Authority, Holder, key_usage
from tests.certs.trusted_list_maker import STATUS, TYPES, ListOrder, Period, Pointer, Service, signed_list

DAY = timedelta(days=1)
LOTL = f"{TYPES}EUlistofthelists"


class _Lists(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.calls: list[str] = []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class _Handler(BaseHTTPRequestHandler):
    server: _Lists

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        content = self.server.files.get(self.path[1:])
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(datetime.now(UTC).replace(microsecond=0), "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def signer(authority: Authority) -> Holder:
    return operator(authority, "Scheme operator")


def operator(authority: Authority, name: str) -> Holder:
    return authority.leaf(name, usage=key_usage(digital_signature=True), addresses=None)


@pytest.fixture
def web() -> Iterator[_Lists]:
    with _Lists() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone; the store's own test runs on both."""
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    return f"sqlite:///{tmp_path}/gateway.db"


@dataclass
class Office:
    """A unit that follows lists, and how the tests speak of it."""

    services: Services
    unit_id: str
    authority: Authority
    signer: Holder
    web: _Lists

    @property
    def now(self) -> datetime:
        return self.authority.now

    def order(self, **changes: object) -> ListOrder:
        service = Service((self.authority.root.der,), (Period(self.now - 300 * DAY),))
        plain = ListOrder(self.now - 10 * DAY, services=(service,))
        return replace(plain, **changes)  # type: ignore[arg-type]

    def follow(self, content: bytes, *, name: str | None = None, **more: object) -> TrustedListRow:
        if name is not None:
            self.web.files[name] = content
        location = self.web.url(name) if name else None
        purposes = (Purpose.CITIZEN, Purpose.TSA)
        proposed = ProposedList(self.unit_id, content, location, purposes, **more)  # type: ignore[arg-type]
        row = propose_list(self.services, proposed, "an", self.now)
        return confirm_list(self.services, row.id, row.signers[0], "bình", self.now)

    def row(self, list_id: str) -> TrustedListRow:
        with self.services.unit_of_work(read_only=True) as work:
            return work.trusted_lists.get(list_id)

    def rows(self, territory: str) -> list[TrustedListRow]:
        with self.services.unit_of_work(read_only=True) as work:
            return [row for row in work.trusted_lists.list() if row.territory == territory]

    def anchors(self) -> set[tuple[bytes, Purpose]]:
        anchors = trust_anchors(self.services)
        return {(one.certificate_der, one.purpose) for one in anchors if one.trusted_at(self.now)}

    def audited(self, action: str) -> list[AuditRow]:
        with self.services.unit_of_work(read_only=True) as work:
            assert list(audit.find_faults(work.session)) == []
            return list(work.session.scalars(select(AuditRow).where(AuditRow.action == action)))


@pytest.fixture
def office(services: Services, authority: Authority, signer: Holder, web: _Lists) -> Office:
    with services.unit_of_work() as work:
        unit = add_unit(work, "P01", "UBND phường Ví Dụ", "", authority.now)
        work.commit()
    return Office(services, unit.id, authority, signer, web)


def test_a_list_counts_once_a_second_person_has_given_its_signers_fingerprint(office: Office) -> None:
    proposed = ProposedList(office.unit_id, signed_list(office.order(), office.signer), None, [Purpose.CITIZEN])
    row = propose_list(office.services, proposed, "An", office.now)
    assert office.anchors() == set()

    right = ":".join(fingerprint(office.signer.der)[i : i + 2] for i in range(0, 64, 2)).upper()
    with pytest.raises(NeedsSecondPerson):
        confirm_list(office.services, row.id, right, " an", office.now)
    with pytest.raises(FingerprintWrong):
        confirm_list(office.services, row.id, fingerprint(office.authority.root.der), "bình", office.now)
    assert office.anchors() == set()

    confirmed = confirm_list(office.services, row.id, right, "bình", office.now)

    assert (confirmed.state, confirmed.sequence_number, confirmed.operator_name) == ("active", 1, "Example Supervisor")
    assert office.anchors() == {(office.authority.root.der, Purpose.CITIZEN)}
    with pytest.raises(TrustedListStateConflict):
        confirm_list(office.services, row.id, right, "chi", office.now)
    assert [entry.actor for entry in office.audited("trusted-list.confirmed")] == ["bình"]


def test_a_list_that_is_overdue_is_not_even_proposed(office: Office) -> None:
    old = signed_list(office.order(issued_at=office.now - 300 * DAY), office.signer)

    with pytest.raises(TrustedListExpired):
        propose_list(office.services, ProposedList(office.unit_id, old, None, [Purpose.CITIZEN]), "an", office.now)


def test_a_newer_version_by_the_same_signer_takes_over_by_itself(office: Office) -> None:
    row = office.follow(signed_list(office.order(), office.signer), name="vn.xml")
    withdrawn = Service(
        (office.authority.root.der,),
        (Period(office.now - 5 * DAY, f"{STATUS}withdrawn"), Period(office.now - 300 * DAY)),
    )
    newer = office.order(sequence_number=2, issued_at=office.now - DAY, services=(withdrawn,))
    office.web.files["vn.xml"] = signed_list(newer, office.signer)

    done = refresh_list(office.services, row.id, office.now)

    assert (done.changed, done.code, done.sequence_number) == (True, "", 2)
    assert office.anchors() == set()
    (kept,) = trust_anchors(office.services)
    assert kept.trusted_until == office.now - 5 * DAY
    assert [entry.details["sequence_number"] for entry in office.audited("trusted-list.accepted")] == [2]
    assert not refresh_list(office.services, row.id, office.now).changed


def bad_versions(office: Office) -> dict[str, bytes | None]:
    newer = office.order(sequence_number=2, issued_at=office.now - DAY)
    signed = signed_list(newer, office.signer)
    return {
        "fetch-failed": None,
        "trusted-list-malformed": b"<html>Maintenance</html>" + b"x" * 10,
        "trusted-list-not-signed": signed.replace(b"CA/QC", b"CA/PKC"),
        "trusted-list-signer-unknown": signed_list(newer, operator(office.authority, "Stranger")),
        "trusted-list-not-newer": signed_list(office.order(information=("https://x.example",)), office.signer),
        "trusted-list-expired": signed_list(replace(newer, lasts=timedelta(hours=1)), office.signer),
        "trusted-list-wrong-scheme": signed_list(replace(newer, territory="XX"), office.signer),
    }


def test_whatever_is_wrong_with_a_newer_version_the_old_one_goes_on_serving_and_the_reason_is_kept(
    office: Office,
) -> None:
    row = office.follow(signed_list(office.order(), office.signer), name="vn.xml")
    before = office.anchors()
    assert len(before) == 1

    for code, content in bad_versions(office).items():
        office.web.files.pop("vn.xml", None)
        if content is not None:
            office.web.files["vn.xml"] = content

        for _ in range(2):
            assert refresh_list(office.services, row.id, office.now).code == code

        kept = office.row(row.id)
        assert (kept.problem_code, kept.sequence_number, kept.problem_since) == (code, 1, office.now)
        assert kept.problem_detail
        assert office.anchors() == before
    with office.services.unit_of_work(read_only=True) as work:
        told = [event.data["problem_code"] for event in work.session.scalars(select(EventRow).order_by(EventRow.id))]
    assert told == list(bad_versions(office))
    good = signed_list(office.order(sequence_number=3, issued_at=office.now), office.signer)
    assert refresh_list(office.services, row.id, office.now, good).changed
    assert office.row(row.id).problem_code is None


def test_the_worker_looks_before_the_next_update_and_more_often_when_that_is_near(office: Office) -> None:
    row = office.follow(signed_list(office.order(), office.signer), name="vn.xml")
    newer = office.order(sequence_number=2, issued_at=office.now - DAY, lasts=2 * DAY)
    office.web.files["vn.xml"] = signed_list(newer, office.signer)
    assert schedule_lists in SWEEPS

    schedule_lists(office.services, office.now)
    schedule_lists(office.services, office.now)

    with office.services.unit_of_work(read_only=True) as work:
        assert [task.subject_id for task in work.session.scalars(select(OutboxRow))] == [row.id]
    assert Runner(office.services, HANDLERS).drain() == 1
    kept = office.row(row.id)
    assert kept.sequence_number == 2
    assert kept.next_check_at is not None
    assert kept.checked_at is not None
    assert kept.next_check_at - kept.checked_at == timedelta(hours=1)


def test_an_address_inside_a_closed_network_is_not_called(office: Office) -> None:
    row = office.follow(signed_list(office.order(), office.signer), name="vn.xml")
    with office.services.unit_of_work() as work:
        work.trusted_lists.get(row.id, for_update=True).location = "http://169.254.169.254/latest/meta-data"
        work.commit()

    done = refresh_list(office.services, row.id, office.now)

    assert (done.code, "address-not-allowed" in done.fact) == ("fetch-failed", True)


def lotl(office: Office, signers: tuple[Holder, ...], *members: Pointer, **changes: object) -> ListOrder:
    own = Pointer(office.web.url("lotl.xml"), "EU", tuple(one.der for one in signers), LOTL)
    return office.order(territory="EU", kind=LOTL, services=(), pointers=(own, *members), **changes)


def test_the_members_of_a_list_of_lists_are_followed_with_the_signers_that_it_names(office: Office) -> None:
    national = operator(office.authority, "National operator")
    office.web.files["vn.xml"] = signed_list(office.order(), national)
    members = (
        Pointer(office.web.url("vn.xml"), "VN", (national.der,)),
        Pointer(office.web.url("la.xml"), "LA", (national.der,)),
    )
    order = lotl(office, (office.signer,), *members)
    parent = office.follow(signed_list(order, office.signer), name="lotl.xml", territories=["VN"])
    (member,) = office.rows("VN")
    assert (office.rows("LA"), member.parent_id) == ([], parent.id)

    assert refresh_list(office.services, member.id, office.now).changed

    assert office.anchors() == {(office.authority.root.der, Purpose.CITIZEN)}
    other = operator(office.authority, "Next national operator")
    moved = lotl(
        office,
        (office.signer,),
        replace(members[0], signers=(other.der,)),
        sequence_number=2,
        issued_at=office.now - DAY,
    )
    assert refresh_list(office.services, parent.id, office.now, signed_list(moved, office.signer)).changed
    by_old = signed_list(office.order(sequence_number=2, issued_at=office.now), national)
    by_new = signed_list(office.order(sequence_number=2, issued_at=office.now), other)
    assert refresh_list(office.services, member.id, office.now, by_old).code == "trusted-list-signer-unknown"
    assert refresh_list(office.services, member.id, office.now, by_new).changed
    without = lotl(office, (office.signer,), sequence_number=3, issued_at=office.now)
    assert refresh_list(office.services, parent.id, office.now, signed_list(without, office.signer)).changed
    assert office.row(member.id).state == "ended"
    assert office.anchors() == set()


def test_pivots_lead_from_the_confirmed_signer_to_the_present_one(office: Office) -> None:
    second, third = (operator(office.authority, name) for name in ("Second", "Third"))
    parent = office.follow(signed_list(lotl(office, (office.signer,)), office.signer), name="lotl.xml")
    pivots = (office.web.url("pivot-3.xml"), office.web.url("pivot-2.xml"), "https://eur-lex.example/oj")
    office.web.files["pivot-2.xml"] = signed_list(
        lotl(office, (second,), sequence_number=2, issued_at=office.now - 3 * DAY), office.signer
    )
    third_pivot = lotl(office, (third,), sequence_number=3, issued_at=office.now - 2 * DAY)
    office.web.files["pivot-3.xml"] = signed_list(third_pivot, operator(office.authority, "Stranger"))
    present = lotl(office, (third,), sequence_number=4, issued_at=office.now - DAY, information=pivots)
    office.web.files["lotl.xml"] = signed_list(present, third)

    assert refresh_list(office.services, parent.id, office.now).code == "trusted-list-signer-unknown"
    assert office.row(parent.id).signers == [fingerprint(office.signer.der)]

    office.web.files["pivot-3.xml"] = signed_list(third_pivot, second)
    assert refresh_list(office.services, parent.id, office.now).changed
    assert office.row(parent.id).signers == [fingerprint(third.der)]


def test_two_persons_end_a_list_and_what_it_vouched_for_earlier_stays(office: Office) -> None:
    row = office.follow(signed_list(office.order(), office.signer))

    with pytest.raises(NeedsSecondPerson):
        end_list(office.services, row.id, "An", "an ", office.now)
    end_list(office.services, row.id, "an", "bình", office.now)

    assert office.anchors() == set()
    (kept,) = trust_anchors(office.services)
    assert kept.trusted_at(office.now - DAY)
    with pytest.raises(TrustedListStateConflict):
        refresh_list(office.services, row.id, office.now, signed_list(office.order(sequence_number=2), office.signer))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(tmp_path / "gateway.toml"))
    # The child has tests of its own, and takes a second to start for each command.
    monkeypatch.setattr("gateway.services.ChildProcesses", lambda limits: InProcess())
    return lambda *arguments: CliRunner().invoke(app, ["certs", "trusted-list", *map(str, arguments)])


def test_operators_handle_lists_from_the_command_line(office: Office, run: Callable[..., Result]) -> None:
    office.web.files["vn.xml"] = signed_list(office.order(), office.signer)
    options = ("--actor", "an", "--purpose", "citizen")

    proposed = run("import", office.unit_id, office.web.url("vn.xml"), *options)

    list_id, operator_line, _, fingerprint_line = proposed.stdout.splitlines()
    assert operator_line == "Example Supervisor (VN)"
    given = fingerprint_line.removeprefix("SHA-256 ")
    assert run("confirm", list_id, "--fingerprint", "00" * 32, "--actor", "bình").exit_code == 2
    assert run("confirm", list_id, "--fingerprint", given, "--actor", "bình").exit_code == 0
    office.web.files["vn.xml"] = b"<html/>"
    refused = run("refresh", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)[0]["code"]) == (1, "trusted-list-malformed")
    shown = json.loads(run("show", list_id, "--json").stdout)[0]
    assert (shown["problem_code"], shown["sequence_number"], shown["overdue"]) == ("trusted-list-malformed", 1, False)
    assert shown["services"][0]["provider"] == "Trung tâm chứng thực Ví Dụ"
    assert "trusted-list-malformed" in run("show").stdout
    assert run("end", list_id, "--actor", "an", "--second", "an").exit_code == 2
    assert run("end", list_id, "--actor", "an", "--second", "bình").exit_code == 0
    assert run("import", office.unit_id, "/no/such/file", *options).exit_code == 2
    assert run("import", office.unit_id, office.web.url("vn.xml"), "--actor", "an", "--purpose", "tls").exit_code == 2
