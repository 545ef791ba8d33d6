"""`gateway pki`: a development PKI, for machines that have no real one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="A development PKI; every name in it says that it is a test.")


@app.callback()
def group() -> None:
    """A development PKI; every name in it says that it is a test."""


@app.command()
def init(
    folder: Path, address: Annotated[str, typer.Option(help="Where its services will answer")] = "http://127.0.0.1:8093"
) -> None:
    """Make root, issuing CA, officials, seal, TSA and OCSP responder, unless the folder holds a good set already.

    Serve it with `python -m gateway.devpki.serve --folder FOLDER`. Needs the packages of requirements-dev.txt.
    """
    # Imported here: the development PKI stands on certomancer, which production does not install.
    from gateway.devpki.build import build_pki
    from gateway.devpki.model import ANCHOR, SIGNERS

    pki = build_pki(folder, datetime.now(UTC), address=address)
    print(f"The development PKI in {pki.folder} is good until {pki.valid_until:%Y-%m-%d}; everything in it is a TEST.")
    print(f"Anchor: {pki.certificate_file(ANCHOR)}\n  SHA-256 {pki.fingerprint}")
    print(
        "Signers, each a PKCS#12 file with its pass phrase beside it; good are official and seal, the rest must fail:"
    )
    for signer in SIGNERS:
        print(f"  {signer:14} {pki.pkcs12_file(signer)}")
    print(f"Services: {pki.address}\n  TSA  {pki.tsa_url}\n  OCSP {pki.ocsp_url}\n  CRL  {pki.crl_url('issuing')}")
