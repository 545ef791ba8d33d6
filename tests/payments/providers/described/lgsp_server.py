"""An LGSP and the services behind it, over HTTP on loopback: tokens, and answers that tests choose."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class LgspServer:
    """What it was sent, and what it says next."""

    url: str = ""
    life_seconds: int = 3600
    tokens_given: int = 0
    good_tokens: set[str] = field(default_factory=set)
    credentials: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], bytes] = lambda message: b"{}"
    status: int = 200

    def give_token(self, authorization: str) -> bytes:
        self.credentials.append(authorization)
        self.tokens_given += 1
        token = f"token-{self.tokens_given}"
        self.good_tokens.add(token)
        return json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": self.life_seconds}).encode()


def serve() -> tuple[LgspServer, ThreadingHTTPServer]:
    state = LgspServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = self.headers.get("Authorization", "")
            if self.path == "/token":
                self._say(200, state.give_token(given))
            elif given.removeprefix("Bearer ") not in state.good_tokens:
                self._say(401, b"{}")
            else:
                state.received.append(json.loads(body))
                self._say(state.status, state.answer(state.received[-1]))

        def _say(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    return state, server
