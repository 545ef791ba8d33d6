"""`gateway pki init|serve`: a development PKI, for machines that have no real one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from gateway.devpki.model import DevPki

app = typer.Typer(no_args_is_help=True, help="A development PKI; every name in it says that it is a test.")


@app.command()
def init(
    folder: Path, address: Annotated[str, typer.Option(help="Where its services will answer")] = "http://127.0.0.1:8093"
) -> None:
    """Make root, issuing CA, officials, seal, citizen, TSA and OCSP responder, unless a good set is there already.

    Signers with a fault each (expired, revoked, not yet valid, wrong usage, weak) are for tests of refusals. Serve it
    with `pki serve FOLDER`. Needs the packages of requirements-dev.txt.
    """
    _check_address(address)
    try:
        from gateway.devpki.build import build_pki
    except ImportError as error:
        raise _not_installed(error) from None
    try:
        pki = build_pki(folder, datetime.now(UTC), address=address)
    except OSError as error:
        raise typer.BadParameter(f"cannot make a PKI in {folder}: {error.strerror or type(error).__name__}") from None
    _describe(pki)


@app.command()
def serve(folder: Path) -> None:
    """Answer for a PKI at its address until Ctrl-C: time-stamps, OCSP, CRLs and issuers' certificates."""
    from gateway.devpki.model import load_pki

    try:
        pki = load_pki(folder)
    except (OSError, ValueError, KeyError):
        raise typer.BadParameter(f"there is no development PKI in {folder}; make one with pki init") from None
    try:
        from gateway.devpki.serve import serve_until_interrupted
    except ImportError as error:
        raise _not_installed(error) from None
    serve_until_interrupted(pki)


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname != "127.0.0.1" or parts.path:
        # It signs whatever it is asked to: nothing but this machine may reach it.
        raise typer.BadParameter("the address is http://127.0.0.1:PORT, for this machine alone")


def _not_installed(error: ImportError) -> typer.BadParameter:
    # The development PKI stands on certomancer, which production does not install.
    return typer.BadParameter(f"the package {error.name} is not installed; see requirements-dev.txt")


def _describe(pki: "DevPki") -> None:
    from gateway.devpki.model import ANCHOR, GOOD_SIGNERS, SIGNERS

    print(f"The development PKI in {pki.folder} is good until {pki.valid_until:%Y-%m-%d}; everything in it is a TEST.")
    print(f"Anchor: {pki.certificate_file(ANCHOR)}\n  SHA-256 {pki.fingerprint}")
    print("Signers, each a PKCS#12 file with its pass phrase beside it:")
    for signer in SIGNERS:
        print(f"  {signer:14} {'good' if signer in GOOD_SIGNERS else 'must fail':10} {pki.pkcs12_file(signer)}")
    print(f"Services: {pki.address}\n  TSA  {pki.tsa_url}\n  OCSP {pki.ocsp_url}\n  CRL  {pki.crl_url('issuing')}")
