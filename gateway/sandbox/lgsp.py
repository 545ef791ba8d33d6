"""The province's LGSP in front of a service: tokens, and answers in its wrapper. Source: RFC 6749, 2.3.1 and 4.4."""

import base64
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import unquote_plus

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

TOKEN_SECONDS = 300


class Lgsp:
    """One client of the LGSP."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client = f"{client_id}:{client_secret}".encode()
        self._good_until: dict[str, float] = {}

    def serve(self, blueprint: Blueprint) -> None:
        """Give tokens under /token, and let nobody without one to anything else."""

        @blueprint.before_request
        def guard() -> ResponseReturnValue | None:
            if request.endpoint == f"{request.blueprint}.token" or self._knows(
                request.headers.get("Authorization", "")
            ):
                return None
            return jsonify(error_code="401", message="Token khong hop le"), 401

        @blueprint.post("/token")
        def token() -> ResponseReturnValue:
            if not self._is_client(request.headers.get("Authorization", "")):
                return jsonify(error="invalid_client"), 401
            if request.form.get("grant_type") != "client_credentials":
                return jsonify(error="unsupported_grant_type"), 400
            made = secrets.token_urlsafe(24)
            self._good_until[made] = time.monotonic() + TOKEN_SECONDS
            return jsonify(access_token=made, token_type="Bearer", expires_in=TOKEN_SECONDS)  # noqa: S106 - RFC 6750's name

    def _is_client(self, given: str) -> bool:
        try:
            named = base64.b64decode(given.removeprefix("Basic "), validate=True).decode("ascii")
        except ValueError:
            return False
        return hmac.compare_digest(":".join(map(unquote_plus, named.split(":"))).encode(), self._client)

    def _knows(self, given: str) -> bool:
        return self._good_until.get(given.removeprefix("Bearer "), 0.0) > time.monotonic()


def wrapped(message: dict[str, Any]) -> Response:
    """Return a message of the service behind the LGSP as the LGSP passes it on: as text in a message of its own."""
    return jsonify(error_code="0", message=json.dumps(message, ensure_ascii=False))
