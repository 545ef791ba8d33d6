"""Where everything of the development PKI lies; holds paths and addresses, never a secret."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

OFFICIAL = "official"
SEAL = "seal"
# Their SoftHSM2 tokens, by label.
TOKEN_LABELS = {OFFICIAL: "THU NGHIEM official", SEAL: "THU NGHIEM seal"}
KEY_LABEL = "signing"
# Holders whose keys sign documents: each has a PKCS#12 file, a pass phrase in a file of its own and a certificate.
GOOD_SIGNERS = (OFFICIAL, SEAL, "citizen")
SIGNERS = (*GOOD_SIGNERS, "expired", "revoked", "not-yet-valid", "wrong-usage", "weak", "weak-digest", "stranger")
ANCHOR = "root"
STRANGER_ANCHOR = "stranger-root"
_ISSUERS = {
    "root": None,
    "issuing": "root",
    "stranger-root": None,
    "stranger": "stranger-root",
    "stranger-tsa": "stranger-root",
}


@dataclass(frozen=True)
class DevPki:
    """A development PKI on disk; every name in it says that it is a test.

    Certificate names: root, issuing, official, seal, citizen, tsa, ocsp, expired, revoked, not-yet-valid, wrong-usage,
    weak (RSA 1024), weak-digest (signed with SHA-1), and of a PKI that nobody trusts: stranger-root, stranger,
    stranger-tsa.

    Args:
        folder: Holds it all; only its owner may enter.
        address: Where its services answer, such as http://127.0.0.1:8093; the certificates point there.
        valid_until: When the first certificate that should be good expires; build_pki then makes a new PKI.
    """

    folder: Path
    address: str
    valid_until: datetime

    @property
    def configuration_file(self) -> Path:
        """What certomancer serves: entities, certificates, revocations, services."""
        return self.folder / "certomancer.json"

    @property
    def tsa_url(self) -> str:
        """The time-stamping authority (RFC 3161 by HTTP POST)."""
        return f"{self.address}/dev/tsa/tsa"

    @property
    def stranger_tsa_url(self) -> str:
        """A time-stamping authority that works but that nobody has reason to trust."""
        return f"{self.address}/dev/tsa/stranger-tsa"

    @property
    def ocsp_url(self) -> str:
        """The responder for what the issuing CA issued (RFC 6960 by HTTP POST)."""
        return f"{self.address}/dev/ocsp/issuing"

    @property
    def handwriting_png(self) -> Path:
        """The official's handwritten signature: blue on transparent."""
        return self.folder / "images" / "handwriting.png"

    @property
    def seal_png(self) -> Path:
        """The unit's round seal, marked as a test: red on transparent, 36 mm across at its stated resolution."""
        return self.folder / "images" / "seal.png"

    @property
    def token_configuration_file(self) -> Path:
        """SoftHSM2's own configuration; provision_token writes it."""
        return self.folder / "softhsm" / "softhsm2.conf"

    def pin_file(self, holder: str) -> Path:
        """The PIN of the official's or the seal's token; only its owner may read it."""
        return self.token_configuration_file.with_name(f"{holder}.pin")

    def token_uri(self, holder: str) -> str:
        """The key in the token as a key source (RFC 7512): `pkcs11:token=..;object=..?pin-source=file:/path`."""
        pin_source = quote(str(self.pin_file(holder)), safe="/")
        return f"pkcs11:token={quote(TOKEN_LABELS[holder])};object={KEY_LABEL}?pin-source=file:{pin_source}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root in hex: another value means another PKI, and what the old one signed leads nowhere."""
        return hashlib.sha256(self.certificate_der(ANCHOR)).hexdigest()

    def crl_url(self, issuer: str) -> str:
        """The newest CRL of "root", "issuing" or "stranger-root"."""
        return f"{self.address}/dev/crls/{issuer}/latest.crl"

    def certificate_file(self, name: str) -> Path:
        """The certificate in DER."""
        return self.folder / "certificates" / f"{name}.cer"

    def certificate_der(self, name: str) -> bytes:
        """Return the certificate in DER."""
        return self.certificate_file(name).read_bytes()

    def chain_der(self, name: str) -> tuple[bytes, ...]:
        """Return the certificates above this one in DER, nearest first, the root last."""
        chain = []
        issuer = _ISSUERS.get(name, "issuing")
        while issuer is not None:
            chain.append(self.certificate_der(issuer))
            issuer = _ISSUERS[issuer]
        return tuple(chain)

    def pkcs12_file(self, signer: str) -> Path:
        """The signer's key with its certificate and chain, under a random pass phrase."""
        return self.folder / "signers" / f"{signer}.p12"

    def pass_phrase_file(self, signer: str) -> Path:
        """The pass phrase of the signer's PKCS#12 file; only its owner may read it."""
        return self.folder / "signers" / f"{signer}.pass"

    def pkcs12_uri(self, signer: str) -> str:
        """The signer's key as a key source: `pkcs12:/path?pin-source=file:/path`."""
        pin_source = quote(str(self.pass_phrase_file(signer)), safe="/")
        return f"pkcs12:{quote(str(self.pkcs12_file(signer)), safe='/')}?pin-source=file:{pin_source}"


def description_file(folder: Path) -> Path:
    """What build_pki writes last, so that half a PKI is never taken for a whole one."""
    return folder / "pki.json"


def load_pki(folder: Path) -> DevPki:
    """Return the PKI that build_pki left in folder.

    Raises:
        FileNotFoundError: There is none.
    """
    folder = folder.resolve()
    values = json.loads(description_file(folder).read_text(encoding="utf-8"))
    return DevPki(folder, values["address"], datetime.fromisoformat(values["valid_until"]))
