"""What others say about a CMS signature: openssl and pyHanko."""

import asyncio
import io
import subprocess
from pathlib import Path

from asn1crypto import cms, x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.validation import async_validate_cms_signature, async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext


def pem(der: bytes) -> bytes:
    """Return a certificate as openssl wants it."""
    return load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def openssl_complaint(signature: Path, content: Path | None, root_der: bytes, folder: Path) -> str:
    """Return what `openssl cms -verify` complains about; empty where every signer is good and leads to the root."""
    root = folder / "root.pem"
    root.write_bytes(pem(root_der))
    command = ["openssl", "cms", "-verify", "-binary", "-cades", "-purpose", "any", "-inform", "DER"]
    command += ["-in", str(signature), "-CAfile", str(root), "-out", str(folder / "verified")]
    command += [] if content is None else ["-content", str(content)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr or "no words"


def openssl_stamp_complaint(token: bytes, stamped: bytes, root_der: bytes, folder: Path) -> str:
    """Return what `openssl ts -verify` complains about in a time-stamp token over some bytes."""
    (folder / "root.pem").write_bytes(pem(root_der))
    (folder / "token.der").write_bytes(token)
    (folder / "stamped").write_bytes(stamped)
    command = ["openssl", "ts", "-verify", "-in", str(folder / "token.der"), "-token_in"]
    command += ["-data", str(folder / "stamped"), "-CAfile", str(folder / "root.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if "Verification: OK" in done.stdout + done.stderr else done.stderr or "no words"


def assert_pyhanko_accepts(signature: bytes, content: bytes | None, root_der: bytes) -> None:
    """Demand that pyHanko finds the only signer intact, valid and trusted."""
    signed_data = cms.ContentInfo.load(signature)["content"]
    context = ValidationContext(trust_roots=[x509.Certificate.load(root_der)], allow_fetching=False)
    if content is None:
        status = asyncio.run(async_validate_cms_signature(signed_data, validation_context=context))
    else:
        status = asyncio.run(
            async_validate_detached_cms(io.BytesIO(content), signed_data, signer_validation_context=context)
        )
    assert status.intact
    assert status.valid
    assert status.trusted
