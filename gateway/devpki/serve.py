"""Serves the development PKI over HTTP on loopback: time stamps, OCSP, CRLs and issuers' certificates.

`python -m gateway.devpki.serve --folder F [--port P]`; makes the PKI if the folder holds none. For one that is there
already `python -m gateway pki serve F` does the same.
The application is certomancer's own. A request header X-Certomancer-Fake-Time makes it answer as of another moment,
which is how tests get stale answers; one more reason why nothing but loopback may reach it.
"""

import argparse
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asn1crypto import algos, keys
from certomancer import crypto_utils
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import CertomancerConfig
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from gateway.devpki.build import DEFAULT_ADDRESS, build_pki
from gateway.devpki.model import DevPki, load_pki

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOOPBACK = "127.0.0.1"
# An OCSP or time-stamp request is a few hundred bytes.
_REQUEST_SIZE_BYTES = 64 * 1024
_logger = logging.getLogger(__name__)


@lru_cache(maxsize=64)
def _loaded_key(private_key_der: bytes) -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(private_key_der, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the development PKI has RSA keys only")
    return key


class _KeptKeys(crypto_utils.PycaCryptographyBackend):
    """Loads each private key once: checking it costs 28 ms, far more than the rest of a time stamp."""

    def generic_sign(
        self, private_key: keys.PrivateKeyInfo, tbs_bytes: bytes, sd_algo: algos.SignedDigestAlgorithm
    ) -> bytes:
        if sd_algo["algorithm"].native != "sha256_rsa":
            return super().generic_sign(private_key, tbs_bytes, sd_algo)
        return _loaded_key(private_key.dump()).sign(tbs_bytes, padding.PKCS1v15(), hashes.SHA256())


class _Guarded:
    """Answers what certomancer would fall over: too large or unreadable requests."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if int(environ.get("CONTENT_LENGTH") or 0) > _REQUEST_SIZE_BYTES:
            return _plain(start_response, "413 Content Too Large")
        try:
            return self._application(environ, start_response)
        except Exception:  # certomancer parses lazily: an unreadable request may fail anywhere, in any way
            _logger.exception("could not answer %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return _plain(start_response, "400 Bad Request")


def _plain(start_response: "StartResponse", status: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain")])
    return [status.encode() + b"\n"]


class _QuietHandler(WSGIRequestHandler):
    """One line for each request in the log, without werkzeug's colours."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        _logger.info("%s %s %s", self.command, self.path, code)

    def log(self, type: str, message: str, *args: Any) -> None:
        _logger.info(message, *args)


def make_pki_server(pki: DevPki) -> BaseWSGIServer:
    """Return a server bound to the PKI's address; its serve_forever() answers until shutdown().

    Raises:
        SystemExit: The port is taken; werkzeug says so on standard error.
    """
    crypto_utils.CRYPTO_BACKEND = _KeptKeys()
    configuration = CertomancerConfig.from_file(str(pki.configuration_file), key_search_dir=str(pki.folder))
    animator = Animator(AnimatorArchStore(configuration.pki_archs), with_web_ui=False)
    port = urlsplit(pki.address).port or 80
    return make_server(_LOOPBACK, port, _Guarded(animator), threaded=True, request_handler=_QuietHandler)


def _refuse_another_address(folder: Path, address: str) -> None:
    try:
        known = load_pki(folder).address
    except FileNotFoundError:
        return
    if known != address:
        sys.exit(f"the certificates in {folder} point to {known}, so {address} would serve them for nobody")


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m gateway.devpki.serve", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the PKI is, or will be made")
    parser.add_argument("--port", type=int, default=urlsplit(DEFAULT_ADDRESS).port, help="on 127.0.0.1")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    address = f"http://{_LOOPBACK}:{arguments.port}"
    _refuse_another_address(arguments.folder, address)
    serve_until_interrupted(build_pki(arguments.folder, datetime.now(UTC), address=address))


def serve_until_interrupted(pki: DevPki) -> None:
    """Answer at the PKI's address until Ctrl-C; see make_pki_server."""
    server = make_pki_server(pki)
    print(f"development PKI (TEST) at {pki.address}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
