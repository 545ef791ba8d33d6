"""Real processes: a worker that is killed while it signs, a database that goes away, and uploads that are too large."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy.engine import make_url

from gateway.confinement import ChildProcesses
from gateway.db.engine import make_engine
from gateway.demo.layout import python_command
from gateway.demo.processes import Child, Processes, free_port
from gateway.devpki import DevPki
from gateway.devpki.model import OFFICIAL
from gateway.services import build_services
from tests.journeys.city import DECISION, City, Plan, Seed, good_signatures
from tests.journeys.conftest import MakeCity, built_city, copy_database, environment, prepare
from tests.journeys.outages import Line, Stamper, running_stamper
from tests.journeys.paying import open_order, vnpay_call
from tests.postgres import fresh_database

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(400)
LIMIT = 300_000
# On a busy machine starting alone takes a while; what is awaited here ends as soon as it holds.
PATIENCE_SECONDS = 90.0


def start_web(processes: Processes, plan: Plan) -> str:
    """Start gunicorn as in production, with one process; returns its address once it answers."""
    command = python_command("gunicorn", "-c", "config/gunicorn.py", "-w", "1", "-b", f"127.0.0.1:{plan.public_port}")
    url = f"http://127.0.0.1:{plan.public_port}"
    processes.start(
        "web",
        [*command, "wsgi:app"],
        environment=environment(plan.folder),
        folder=ROOT,
        answers_at=f"{url}/healthz",
        timeout_seconds=PATIENCE_SECONDS,
    )
    return url


def start_worker(processes: Processes, plan: Plan, name: str = "worker") -> Child:
    return processes.start(name, python_command("gateway", "worker"), environment=environment(plan.folder), folder=ROOT)


def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until a condition holds."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, f"not within {seconds} s"
        time.sleep(0.05)


# --- uploads that are too large, or cut


@pytest.fixture(scope="module")
def served(
    seeded_database: tuple[Path, Seed, Path],
    confined: ChildProcesses,
    pki: DevPki,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[City, str]]:
    """A city whose web process is gunicorn."""
    folder = tmp_path_factory.mktemp("served")
    plan = Plan(
        folder,
        copy_database(seeded_database, folder),
        ("http://127.0.0.1:9/tsa",),
        public_port=free_port(),
        document_size_bytes=LIMIT,
    )
    with built_city(plan, seeded_database[1], confined) as city, Processes(folder / "logs") as processes:
        yield city, start_web(processes, plan)


def _send(url: str, city: City, headers: dict[str, str], pieces: Iterator[bytes]) -> tuple[int, dict[str, object], int]:
    """Send an upload by hand until an answer comes; returns its status, its body, and how many bytes went out."""
    parts, sent = urlsplit(url), 0
    lines = {"Host": parts.netloc, "Content-Type": "application/pdf", **city.headers(), **headers}
    head = "POST /v1/documents HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(head.encode() + b"\r\n")
        for piece in pieces:
            try:
                line.sendall(piece)
            except OSError:
                break
            sent += len(piece)
            time.sleep(0.01)
            line.setblocking(False)
            try:
                if line.recv(1, socket.MSG_PEEK):
                    break
            except BlockingIOError:
                continue
            finally:
                line.settimeout(10)
        answer = b""
        while b"}" not in answer and (piece := line.recv(65536)):
            answer += piece
    status, _, body = answer.partition(b"\r\n\r\n")
    return int(status.split()[1]), json.loads(body), sent


def _kept(city: City) -> set[str]:
    return {str(path) for path in (city.plan.folder / "blobs").rglob("*") if path.is_file()}


def test_200_mb_that_are_announced_are_refused_before_they_are_read(served: tuple[City, str]) -> None:
    city, url = served
    before = _kept(city)

    headers = {"Content-Length": str(200 * 1024 * 1024)}
    status, problem, sent = _send(url, city, headers, iter([b"%PDF-1.7\n" + bytes(1000)] * 20))

    assert (status, problem["code"], problem["limit_bytes"]) == (413, "document-too-large", LIMIT)
    assert problem["title"] == "Tệp lớn hơn giới hạn"
    assert sent < LIMIT
    assert _kept(city) == before


def test_more_than_the_limit_that_nobody_announced_is_refused_once_it_is_passed(served: tuple[City, str]) -> None:
    city, url = served
    before = _kept(city)
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"

    status, problem, sent = _send(url, city, {"Transfer-Encoding": "chunked"}, iter([chunk] * 3000))

    assert (status, problem["code"]) == (413, "document-too-large")
    assert sent < 100 * LIMIT
    assert _kept(city) == before


def _break_off(url: str, city: City, framing: str, content: bytes) -> None:
    parts = urlsplit(url)
    head = (
        f"POST /v1/documents HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {city.headers()['Authorization']}\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(f"{head}{framing}\r\n\r\n".encode() + content)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65536):
            continue


@pytest.mark.parametrize(
    ("framing", "content"),
    [
        pytest.param(
            "Content-Length: 200000",
            b"%PDF-1.7\n" + bytes(9_000),
            id="announced",
        ),
        pytest.param("Transfer-Encoding: chunked", b"8000\r\n%PDF-1.7\n" + bytes(9_001), id="in a chunk"),
        pytest.param("Transfer-Encoding: chunked", b"9\r\n%PDF-1.7\n\r\n", id="between chunks"),
    ],
)
def test_an_upload_that_breaks_off_leaves_nothing_behind(
    served: tuple[City, str], framing: str, content: bytes
) -> None:
    city, url = served
    before, uploads = _kept(city), len(city.audited("document.uploaded"))

    _break_off(url, city, framing, content)

    until(lambda: not list((city.plan.folder / "scratch").iterdir()))
    assert requests.get(f"{url}/healthz", timeout=5).status_code == 200
    assert _kept(city) == before
    assert len(city.audited("document.uploaded")) == uploads


# --- a worker that is killed


def test_a_worker_that_is_killed_while_it_signs_loses_nothing_and_nothing_is_signed_twice(
    make_city: MakeCity, stamper: Stamper
) -> None:
    city = make_city(lease_seconds=2)
    stamper.behaviour = "hangs"
    request = city.ask()
    with Processes(city.plan.folder / "logs") as processes:
        first = start_worker(processes, city.plan, "first")
        assert stamper.reached.wait(30)
        left = _family(first.pid)
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: not _alive(left))

        stamper.behaviour = "good"
        assert city.request(request)["state"] == "signing"
        start_worker(processes, city.plan, "second")
        until(lambda: city.request(request)["state"] == "completed")

    done = city.request(request)
    assert [len(step["signatures"]) for step in done["steps"]] == [1, 1]
    assert good_signatures(city.signed_file(done)) == 2
    assert len(city.audited("document.signed")) == 2
    assert len(city.events("signing-request.completed")) == 1


def test_two_workers_at_once_sign_each_step_once(make_city: MakeCity, stamper: Stamper) -> None:
    city = make_city()
    asked = [city.ask() for _ in range(4)]
    with Processes(city.plan.folder / "logs") as processes:
        for name in ("first", "second"):
            start_worker(processes, city.plan, name)
        until(lambda: all(city.request(request)["state"] == "completed" for request in asked))

    assert len(city.audited("document.signed")) == 8
    assert stamper.calls == 8
    assert good_signatures(city.signed_file(city.request(asked[0]))) == 2


def test_a_lease_that_ends_while_its_worker_still_signs_keeps_one_signature(
    make_city: MakeCity, stamper: Stamper
) -> None:
    city = make_city(lease_seconds=1.1, timeout_seconds=20)
    request = city.ask((OFFICIAL,))
    # Both workers reach the authority, because the first one's lease is over before it answers.
    _answer_together(stamper, 2)
    first = threading.Thread(target=city.work)
    first.start()
    until(lambda: stamper.calls == 1)
    until(lambda: city.work() >= 0 and stamper.calls == 2)
    first.join()

    assert stamper.calls == 2
    assert len(city.request(request)["steps"][0]["signatures"]) == 1
    assert len(city.audited("document.signed")) == 1
    assert [task.state for task in city.tasks("signing")] == ["done"]
    assert good_signatures(city.signed_file(city.request(request))) == 1


def _answer_together(stamper: Stamper, count: int) -> None:
    """Let the authority answer only when so many ask at once."""
    answer = stamper.answer

    def together(query: bytes) -> tuple[int, bytes]:
        until(lambda: stamper.calls >= count)
        return answer(query)

    stamper.answer = together  # type: ignore[method-assign]


def _family(pid: int) -> set[int]:
    """Return a process and all that come from it; children of its forkserver included."""
    found, new = {pid}, {pid}
    while new:
        parents = {int(path.name): _parent(path) for path in Path("/proc").glob("[0-9]*")}
        new = {child for child, parent in parents.items() if parent in found} - found
        found |= new
    return found


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def _alive(pids: set[int]) -> set[int]:
    """Return those that run; one that only waits to be reaped does not."""
    states = {}
    for pid in pids:
        try:
            states[pid] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
    return {pid for pid, state in states.items() if state != "Z"}


# --- a database that goes away


def test_a_database_that_goes_away_stops_nothing_for_good(
    postgres: str, pki: DevPki, pictures: dict[str, Path], confined: ChildProcesses, tmp_path: Path
) -> None:
    with fresh_database(postgres) as direct, running_stamper(pki) as stamper, Processes(tmp_path / "logs") as processes:
        server = make_url(direct)
        line = Line((server.host or "127.0.0.1", server.port or 5432))
        through = server.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        seeded = _seeded(Plan(tmp_path, direct, ()), pki, pictures)
        plan = Plan(tmp_path, through, (stamper.url,), public_port=free_port(), lease_seconds=3)
        with built_city(plan, seeded, confined) as city:
            url = start_web(processes, plan)
            start_worker(processes, plan)
            call = url + vnpay_call(city, order := open_order(city))
            # The worker holds a signature that is all but made when the database goes.
            stamper.behaviour = "hangs"
            request = city.ask()
            assert stamper.reached.wait(30)

            line.cut()
            _while_it_is_gone(url, call, city)
            stamper.behaviour = "good"
            stamper.released.set()
            line.mend()

            until(lambda: requests.get(f"{url}/readyz", timeout=30).status_code == 200)
            assert requests.get(call, timeout=30).json()["RspCode"] == "00"
            assert requests.get(call, timeout=30).json()["RspCode"] == "02"
            until(lambda: city.request(request)["state"] == "completed")
            assert city.get(f"/v1/fee-orders/{order['id']}").get_json()["state"] == "paid"
            until(lambda: city.get(f"/v1/fee-orders/{order['id']}").get_json()["receipts"][0]["state"] == "sealed")
            processes.check()
            assert good_signatures(city.signed_file(city.request(request))) == 2
            assert len(city.audited("document.signed")) == 2
        line.cut()


def _seeded(plan: Plan, pki: DevPki, pictures: dict[str, Path]) -> Seed:
    services = build_services(plan.write())
    try:
        return prepare(services, pki, pictures)
    finally:
        services.close()


def _while_it_is_gone(url: str, call: str, city: City) -> None:
    """What the web says meanwhile: it lives, it is not ready, nothing was changed, call again."""
    assert requests.get(f"{url}/healthz", timeout=5).status_code == 200
    ready = requests.get(f"{url}/readyz", timeout=10)
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "failing")
    for language, title in (
        ("vi", "Cơ sở dữ liệu tạm thời không trả lời"),
        ("en", "The database does not answer at the moment"),
    ):
        headers = {"Authorization": f"Bearer {city.token}", "Accept-Language": language}
        answer = requests.post(f"{url}/v1/documents", data=DECISION.read_bytes(), headers=headers, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "5"
        assert answer.json()["title"] == title
        assert "psycopg" not in answer.text
    answer = requests.get(call, timeout=10)
    assert (answer.status_code, answer.json()["RspCode"]) == (200, "99")
    page = requests.get(f"{url}/verify/no-such-code", timeout=10)
    assert page.status_code == 503
    assert "psycopg" not in page.text


def test_a_database_server_that_vanishes_without_a_word_is_noticed_by_the_kernel(postgres: str) -> None:
    engine = make_engine(postgres)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as own:
            silence_ms = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            kept_alive = own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            idle_seconds = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
    engine.dispose()

    assert 0 < silence_ms <= 15_000
    assert kept_alive
    assert idle_seconds <= 10
