"""Third parties that can be told to fail: a gated PKI, time-stamping authorities that lie, a line that is cut."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from asn1crypto import tsp

from gateway.demo.processes import free_port
from gateway.devpki import DevPki, build_pki
from gateway.devpki.serve import make_pki_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Gate:
    """Stands in front of the PKI's services and answers 503 for the paths that are down."""

    def __init__(self) -> None:
        self.down: tuple[str, ...] = ()
        self.asked: list[str] = []
        self._behind: WSGIApplication | None = None

    def stand_before(self, application: "WSGIApplication") -> "Gate":
        self._behind = application
        return self

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if self.down and path.startswith(self.down):
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"down\n"]
        assert self._behind is not None
        return self._behind(environ, start_response)


@contextmanager
def gated_pki(folder: Path) -> Iterator[tuple[DevPki, Gate]]:
    """Make a PKI and serve it behind a gate from a thread of this process."""
    pki = build_pki(folder, datetime.now(UTC), address=f"http://127.0.0.1:{free_port()}")
    server, gate = make_pki_server(pki), Gate()
    server.app = gate.stand_before(server.app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield pki, gate
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


class Stamper:
    """A time-stamping authority in front of the PKI's own, which it misuses as it is told."""

    def __init__(self, pki: DevPki) -> None:
        self._pki = pki
        self.behaviour = "good"
        self.calls = 0
        self.url = ""
        self.released = threading.Event()
        self.reached = threading.Event()

    def answer(self, query: bytes) -> tuple[int, bytes]:
        asked = tsp.TimeStampReq.load(query)
        url, headers = self._pki.tsa_url, {"Content-Type": "application/timestamp-query"}
        if self.behaviour == "wrong-nonce":
            asked["nonce"] = asked["nonce"].native ^ 1
        elif self.behaviour == "wrong-imprint":
            asked["message_imprint"]["hashed_message"] = bytes(32)
        elif self.behaviour == "untrusted":
            url = self._pki.stranger_tsa_url
        elif self.behaviour.startswith("clock"):
            moment = datetime.now(UTC) + timedelta(seconds=float(self.behaviour.removeprefix("clock")))
            headers["X-Certomancer-Fake-Time"] = moment.isoformat()
        elif self.behaviour == "out-of-order":
            return 500, b"out of order"
        elif self.behaviour == "garbage":
            return 200, b"\x30\x82\xff\xffgarbage"
        with requests.post(url, data=asked.dump(), headers=headers, timeout=10) as answer:
            return answer.status_code, answer.content


def _stamper_handler(stamper: Stamper) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            stamper.calls += 1
            stamper.reached.set()
            if stamper.behaviour == "hangs":
                stamper.released.wait(30)
                return
            status, body = stamper.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running_stamper(pki: DevPki) -> Iterator[Stamper]:
    """Serve a stamper from a thread of this process."""
    stamper = Stamper(pki)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _stamper_handler(stamper))
    server.daemon_threads = True
    stamper.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stamper
    finally:
        stamper.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Line:
    """A TCP line to a server; cut, it refuses new connections and ends the ones there are."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.port = free_port()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.mend()

    def mend(self) -> None:
        """Take connections (again)."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
            pairs, self._pairs = self._pairs, []
        if listener is not None:
            # Wakes the thread that waits in accept(), which closing alone does not.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for pair in pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                ours, _ = listener.accept()
                theirs = socket.create_connection(self._target, timeout=5)
            except OSError:
                return
            theirs.settimeout(None)
            with self._lock:
                self._pairs.append((ours, theirs))
            threading.Thread(target=_carry, args=(ours, theirs), daemon=True).start()


def _carry(ours: socket.socket, theirs: socket.socket) -> None:
    with ours, theirs, selectors.DefaultSelector() as selector:
        selector.register(ours, selectors.EVENT_READ, theirs)
        selector.register(theirs, selectors.EVENT_READ, ours)
        with contextlib.suppress(OSError):
            while True:
                for key, _ in selector.select():
                    source: socket.socket = key.fileobj  # type: ignore[assignment]
                    if not (piece := source.recv(65536)):
                        return
                    key.data.sendall(piece)
