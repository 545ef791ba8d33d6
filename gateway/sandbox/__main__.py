"""Serve the sandbox on loopback: `python -m gateway.sandbox --port P --tmn-code C --ipn-url U`."""

import argparse
import ipaddress
import logging
import os
import signal
import socket
import sys
from urllib.parse import urlsplit

from werkzeug.serving import make_server

from gateway.sandbox.app import SandboxConfig, create_sandbox

SECRET_VARIABLE = "VNPAY_SANDBOX_SECRET"  # noqa: S105 - the variable's name
CONTROL_VARIABLE = "VNPAY_SANDBOX_CONTROL_TOKEN"


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends the process; 2 where the sandbox cannot be run as asked."""
    parser = argparse.ArgumentParser(prog="python -m gateway.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tmn-code", required=True, help="the merchant's code, as the gateway's settings have it")
    parser.add_argument("--ipn-url", required=True, help="the gateway's callback address")
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args(arguments)
    secret = os.environ.get(SECRET_VARIABLE, "")
    fault = _fault(given.host, given.ipn_url, secret)
    if fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    config = SandboxConfig(given.tmn_code, given.ipn_url, secret.encode(), os.environ.get(CONTROL_VARIABLE, ""))
    return _serve(config, given.host, given.port)


def _fault(host: str, ipn_url: str, secret: str) -> str:
    if not secret:
        return f"Set {SECRET_VARIABLE} to the secret that the gateway uses for this sandbox."
    if not _is_loopback(host) or not _is_loopback(urlsplit(ipn_url).hostname or ""):
        return "The sandbox takes no real money and serves and calls loopback addresses only."
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _serve(config: SandboxConfig, host: str, port: int) -> int:
    # Addresses carry signed queries, which do not belong into a log.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_sandbox(config)
    try:
        with socket.create_server((host, port), reuse_port=False) as probe:
            probe.close()
        server = make_server(host, port, app, threaded=True)
    except OSError as error:
        sys.stderr.write(f"Port {port} on {host} cannot be used: {error.strerror}. Choose another with --port.\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"VNPAY sandbox (no real money) on http://{host}:{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        app.extensions["caller"].stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
