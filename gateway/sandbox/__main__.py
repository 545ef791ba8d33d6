"""Serve the sandbox on loopback: `python -m gateway.sandbox --port P --accounts FILE`."""

import argparse
import logging
import signal
import socket
import sys
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from gateway.sandbox.accounts import AccountsUnusable, read_accounts
from gateway.sandbox.app import create_sandbox
from gateway.sandbox.courier import is_loopback


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends the process; 2 where the sandbox cannot be run as asked."""
    parser = argparse.ArgumentParser(prog="python -m gateway.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--accounts", type=Path, required=True, help="the merchant's accounts with providers, as TOML")
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args(arguments)
    try:
        if not is_loopback(given.host):
            raise AccountsUnusable("The sandbox takes no real money and serves and calls loopback addresses only.")
        app = create_sandbox(read_accounts(given.accounts))
    except AccountsUnusable as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except KeyError as missing:
        sys.stderr.write(f"{given.accounts}: an account lacks {missing}.\n")
        return 2
    return _serve(app, given.host, given.port)


def _serve(app: Flask, host: str, port: int) -> int:
    # Addresses carry signed queries, which do not belong into a log.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        with socket.create_server((host, port), reuse_port=False) as probe:
            probe.close()
        server = make_server(host, port, app, threaded=True)
    except OSError as error:
        sys.stderr.write(f"Port {port} on {host} cannot be used: {error.strerror}. Choose another with --port.\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"Sandbox of payment providers (no real money) on http://{host}:{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        app.extensions["courier"].stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
