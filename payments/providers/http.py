"""One bounded call to a provider: limited in time as a whole and in size, without redirects."""

import json
import time
from collections.abc import Mapping

import requests

from payments.errors import ProviderUnavailable

MOST_BYTES = 256 * 1024
CHUNK_BYTES = 8 * 1024
CONNECT_SECONDS = 5.0


def post_json(url: str, body: Mapping[str, str], timeout_seconds: float) -> bytes:
    """POST a JSON object and return the answer's bytes.

    Raises:
        ProviderUnavailable: Not reached, not 200, too long or too slow; says which, without the address's secrets.
    """
    deadline = time.monotonic() + timeout_seconds
    content = json.dumps(dict(body), ensure_ascii=False).encode()
    try:
        with requests.post(
            url,
            data=content,
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=(min(CONNECT_SECONDS, timeout_seconds), timeout_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != 200:
                raise ProviderUnavailable(f"the provider answered with status {response.status_code}")
            return _bounded(response, deadline)
    except requests.RequestException as error:
        raise ProviderUnavailable(f"the provider was not reached: {type(error).__name__}") from None


def _bounded(response: requests.Response, deadline: float) -> bytes:
    received = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        received += chunk
        if len(received) > MOST_BYTES:
            raise ProviderUnavailable("the provider's answer is too long")
        if time.monotonic() > deadline:
            raise ProviderUnavailable("the provider's answer takes too long")
    return bytes(received)
