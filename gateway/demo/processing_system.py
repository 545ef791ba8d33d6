"""A processing system as the gateway's callers are: an OAuth 2 client that speaks the JSON API over HTTP."""

import time
from pathlib import Path
from typing import Any, cast

import requests

TIMEOUT_SECONDS = 30


class CallRefused(Exception):
    """The gateway answered with a problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}: {problem.get('title', '')}")
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem


class ProcessingSystem:
    """Calls the API with a token of its own."""

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Language"] = "vi"
        answer = self._session.post(
            f"{base_url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client_id, client_secret),
            timeout=TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON at a path.

        Raises:
            CallRefused: A problem document came.
        """
        return self._read(self._session.get(self._base_url + path, timeout=TIMEOUT_SECONDS))

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> dict[str, Any]:
        """POST JSON and return the answer.

        Raises:
            CallRefused: A problem document came.
        """
        headers = {"Idempotency-Key": key} if key else {}
        return self._read(
            self._session.post(self._base_url + path, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        )

    def upload(self, path: str, file: Path, media_type: str) -> dict[str, Any]:
        """Stream a file to a path and return the answer.

        Raises:
            CallRefused: A problem document came.
        """
        with file.open("rb") as stream:
            answer = self._session.post(
                self._base_url + path,
                params={"filename": file.name},
                data=stream,
                headers={"Content-Type": media_type},
                timeout=120,
            )
        return self._read(answer)

    def download(self, path: str, target: Path) -> Path:
        """Save the bytes at a path.

        Raises:
            CallRefused: A problem document came.
        """
        answer = self._session.get(self._base_url + path, timeout=TIMEOUT_SECONDS)
        if not answer.ok:
            self._read(answer)
        target.write_bytes(answer.content)
        return target

    def wait(self, path: str, final: set[str], timeout_seconds: float) -> dict[str, Any]:
        """Poll a resource until its state is final or the time is over; returns it as last seen."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            found = self.get(path)
            if found["state"] in final or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def close(self) -> None:
        """Hang up: a server that stops waits for the lines that are still open."""
        self._session.close()

    @staticmethod
    def _read(answer: requests.Response) -> dict[str, Any]:
        if not answer.ok:
            is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
            raise CallRefused(answer.status_code, answer.json() if is_problem else {"title": answer.text[:200]})
        return cast("dict[str, Any]", answer.json())
