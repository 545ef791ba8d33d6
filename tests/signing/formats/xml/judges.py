"""What others say about an XML signature: xmlsec1 and signxml."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from signxml import SignatureConfiguration
from signxml.xades import XAdESVerifier

from tests.certs.authority import Authority
from tests.signing.pki import Holder, Pki

IDENTIFIED = ("SignedProperties", "SignatureValue", "Object", "Signature", "KeyInfo")


def xmlsec1_problems(
    path: Path, pki: Pki | Authority, identified: Sequence[str] = (), signature_id: str | None = None
) -> str:
    """Return what xmlsec1 says against a signature; empty where it accepts it.

    Args:
        identified: Names of further elements whose Id attribute is an identifier: without a DTD it cannot know.
        signature_id: Which signature; the first one by default.
    """
    return xmlsec1_verdict(path, pki.root.certificate.public_bytes(Encoding.DER), identified, signature_id)


def xmlsec1_verdict(path: Path, root_der: bytes, identified: Sequence[str], signature_id: str | None = None) -> str:
    """Return what xmlsec1 says against a signature under a root certificate; see xmlsec1_problems."""
    root = path.with_suffix(".root.der")
    root.write_bytes(root_der)
    names = [part for name in (*IDENTIFIED, *identified) for part in ("--id-attr:Id", name)]
    chosen = [] if signature_id is None else ["--node-id", signature_id]
    done = subprocess.run(
        ["xmlsec1", "--verify", "--trusted-der", str(root), *names, *chosen, str(path)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=path.parent,
    )
    return "" if done.returncode == 0 and done.stderr.startswith("OK") else done.stderr or done.stdout


def signxml_accepts(data: bytes, holder: Holder, references: int) -> None:
    """Demand that signxml finds signature and signed properties good under the holder's own certificate.

    signxml knows the plain enveloped transform only; a later signature beside the first is beyond it.
    """
    certificate: x509.Certificate = holder.certificate
    found = XAdESVerifier().verify(
        data, x509_cert=certificate, expect_config=SignatureConfiguration(expect_references=references)
    )
    assert len(found) == references
    assert any(getattr(one, "signed_properties", None) is not None for one in found)
