"""A time-stamping authority over HTTP that can be told how to misbehave."""

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import keys, tsp, x509
from pyhanko.sign.timestamps import DummyTimeStamper

from signing.formats.der import sequence
from tests.signing.pki import Holder, Pki


class _Stamper(DummyTimeStamper):
    """Says how accurate its clock is, as authorities do that keep to ETSI EN 319 422."""

    accuracy: dict[str, int] | None = None

    def _build_tst_info(self, *arguments: Any) -> Any:
        info = super()._build_tst_info(*arguments)
        if self.accuracy is not None:
            info["accuracy"] = self.accuracy
        return info


class Authority:
    """Its behaviour and address; behaviour is one of the branches of `answer`."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki
        self.behaviour = "good"
        self.calls = 0
        self.slow_seconds = 0.3
        self.in_hand = 0
        self.most_in_hand = 0
        self._counting = threading.Lock()
        self.url = ""
        self.released = threading.Event()

    @contextmanager
    def one_call(self) -> Iterator[None]:
        """Count the calls, and those that are in hand at once."""
        with self._counting:
            self.calls += 1
            self.in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self.in_hand)
        try:
            yield
        finally:
            with self._counting:
                self.in_hand -= 1

    def answer(self, query: bytes) -> bytes:
        request = tsp.TimeStampReq.load(query)
        stamper, when = self.pki.authority, dt.datetime.now(dt.UTC)
        if self.behaviour == "wrong-nonce":
            request["nonce"] = request["nonce"].native ^ 1
        if self.behaviour == "no-nonce":
            request = tsp.TimeStampReq({"version": "v1", "message_imprint": request["message_imprint"]})
        if self.behaviour == "wrong-imprint":
            request["message_imprint"]["hashed_message"] = hashlib.sha256(b"other").digest()
        if self.behaviour == "untrusted":
            stamper = self.pki.foreign_authority
        if self.behaviour == "expired":
            stamper = self.pki.expired_authority
        if self.behaviour == "slow":
            self.released.wait(self.slow_seconds)
        if self.behaviour == "usage-not-critical":
            stamper = self.pki.authority_without_usage
        if self.behaviour == "yesterday":
            when -= dt.timedelta(days=1)
        if self.behaviour == "tomorrow":
            when += dt.timedelta(days=1)
        if self.behaviour in {"refuses", "busy"}:
            failure = {"bad_request"} if self.behaviour == "refuses" else {"system_failure"}
            return sequence(tsp.PKIStatusInfo({"status": "rejection", "fail_info": failure}).dump())
        der = self._stamp(request, stamper, when)
        if self.behaviour == "wrong-signature":
            response = tsp.TimeStampResp.load(der)
            signer = response["time_stamp_token"]["content"]["signer_infos"][0]
            value = signer["signature"].native
            return der.replace(value, value[:-1] + bytes([value[-1] ^ 1]))
        return der

    def _stamp(self, request: Any, stamper: Holder, when: dt.datetime) -> bytes:
        chain = [] if stamper is self.pki.foreign_authority else [x509.Certificate.load(self.pki.issuing.der)]
        accuracy = {"vague": {"seconds": 900}, "accurate": {"seconds": 1, "millis": 500}}.get(self.behaviour)
        dummy = _Stamper(
            x509.Certificate.load(stamper.der), keys.PrivateKeyInfo.load(stamper.key_der), chain, fixed_dt=when
        )
        dummy.accuracy = accuracy
        return bytes(dummy.request_tsa_response(request).dump())


def _handler(authority: Authority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with authority.one_call():
                self._answer()

        def _answer(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.behaviour == "hangs":
                authority.released.wait(10)
                return
            if authority.behaviour == "drips-headers":
                self._drip(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 10_000)
                return
            if authority.behaviour == "drips":
                self._drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n\r\n" + b"a" * 10_000)
                return
            self._send(*self._plain(query))

        def _plain(self, query: bytes) -> tuple[int, str, bytes]:
            kind = "application/timestamp-reply"
            return {
                "error-500": (500, "text/plain", b"out of order"),
                "html": (200, "text/html", b"<h1>Please log in</h1>"),
                "garbage": (200, kind, b"\x30\x82\xff\xff garbage"),
                "empty": (200, kind, b""),
                "huge": (200, kind, b"\x30" * 1_000_000),
            }.get(authority.behaviour) or (200, kind, authority.answer(query))

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._write(body)

        def _drip(self, content: bytes) -> None:
            for offset in range(len(content)):
                if not self._write(content[offset : offset + 1]) or authority.released.wait(0.02):
                    return

        def _write(self, content: bytes) -> bool:
            try:
                self.wfile.write(content)
                self.wfile.flush()
            except OSError:
                return False
            return True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running_authority(pki: Pki) -> Iterator[Authority]:
    authority = Authority(pki)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(authority))
    authority.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield authority
    finally:
        authority.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
