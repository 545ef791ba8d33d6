"""A public-key infrastructure for development and tests: every name in it says that it is a test.

Production never imports this package; see deploy/README.md for what takes its place.
"""

from gateway.devpki.build import DEFAULT_ADDRESS, build_pki
from gateway.devpki.model import ANCHOR, OFFICIAL, SEAL, SIGNERS, STRANGER_ANCHOR, DevPki, load_pki
from gateway.devpki.tokens import SOFTHSM_VARIABLE, TokenNotProvisioned, find_module, provision_token

__all__ = [
    "ANCHOR",
    "DEFAULT_ADDRESS",
    "OFFICIAL",
    "SEAL",
    "SIGNERS",
    "SOFTHSM_VARIABLE",
    "STRANGER_ANCHOR",
    "DevPki",
    "TokenNotProvisioned",
    "build_pki",
    "find_module",
    "load_pki",
    "provision_token",
]
