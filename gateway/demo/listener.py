"""The processing system's ear: takes webhooks and believes only what is signed."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

LOOPBACK = "127.0.0.1"
BODY_BYTES = 1024 * 1024


class Listener:
    """Receives webhooks on loopback and checks them with the Standard Webhooks project's own library."""

    def __init__(self, port: int) -> None:
        self.events: list[dict[str, Any]] = []
        self.refused = 0
        self._webhook: Webhook | None = None
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(min(length, BODY_BYTES))
                self.send_response(listener.take(body, dict(self.headers.items())))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing: the story tells what came."""

        self._server = ThreadingHTTPServer((LOOPBACK, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="listener", daemon=True)
        self._thread.start()

    def expect(self, secret: str) -> None:
        """Verify from now on with an endpoint's secret (`whsec_…`)."""
        self._webhook = Webhook(secret)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Keep a webhook whose signature holds; returns the HTTP status to answer."""
        if self._webhook is None:
            return 503
        try:
            self._webhook.verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return 401
        self.events.append(json.loads(body))
        return 204

    def wait_for(self, event_type: str, dossier_code: str, timeout_seconds: float) -> dict[str, Any] | None:
        """Return the first event of a type about a dossier, or None when none came in time."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            for event in list(self.events):
                if event["type"] == event_type and event["data"].get("dossier_code") == dossier_code:
                    return event
            time.sleep(0.05)
        return None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
