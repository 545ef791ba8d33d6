"""A sandbox over real HTTP, and a merchant's server that answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from werkzeug.serving import make_server

from gateway.sandbox.app import SandboxConfig, create_sandbox

SECRET = "the sandbox's own secret"
TOKEN = "control"
TMN_CODE = "SANDBOX1"


@dataclass
class Merchant:
    """A merchant's IPN address: the queries that came, and how each is answered."""

    url: str = ""
    queries: list[str] = field(default_factory=list)
    answer: Callable[[str], bytes] = lambda query: b'{"RspCode": "00", "Message": "Confirm Success"}'


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    told = Merchant()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = self.path.partition("?")[2]
            told.queries.append(query)
            body = told.answer(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/callbacks/vnpay"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sandbox(merchant: Merchant) -> Iterator[str]:
    """The address of a sandbox that calls the merchant."""
    app = create_sandbox(
        SandboxConfig(
            merchant.url.rpartition("/")[0],
            {"vnpay": {"tmn_code": TMN_CODE, "hash_secret": SECRET}},
            TOKEN,
            retry_seconds=(0.05, 0.05, 0.05),
            slow_seconds=60,
            refund_seconds=0,
        )
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    app.extensions["courier"].stop()
    server.shutdown()
    server.server_close()
    thread.join()


def rsp(code: str) -> bytes:
    """A merchant's answer."""
    return json.dumps({"RspCode": code, "Message": "x"}).encode()
