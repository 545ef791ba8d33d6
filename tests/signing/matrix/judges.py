"""What others say of a signed file: each judge returns its complaint, and nothing where it accepts the signature."""

import base64
import json
import subprocess
from collections.abc import Callable

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.registry import HeaderParameter
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from signxml import InvalidInput
from signxml.exceptions import SignXMLException

from tests.signing.augmentation.bench import City
from tests.signing.cms_judges import assert_pyhanko_accepts, openssl_complaint, openssl_stamp_complaint
from tests.signing.formats.xml.judges import signxml_accepts, xmlsec1_verdict
from tests.signing.judges import pdfsig_verdicts, qpdf_problems
from tests.signing.matrix.bench import Made
from tests.signing.matrix.parts import DS, signed_info, stamped_value, unpacked, unzip_complaint


def pdfsig(made: Made, _: City) -> str:
    found = pdfsig_verdicts(made.path)
    return "" if found.count("Signature is Valid.") == made.count else str(found)


def qpdf(made: Made, _: City) -> str:
    return qpdf_problems(made.path)


def pyhanko(made: Made, city: City) -> str:
    root = x509.Certificate.load(city.authority.root.der)
    if made.cell.format == "pades":
        with made.path.open("rb") as file:
            found = PdfFileReader(file).embedded_regular_signatures
            context = ValidationContext(trust_roots=[root], allow_fetching=False)
            status = [validate_pdf_signature(one, context) for one in found]
        return "" if [one.bottom_line for one in status] == [True] * made.count else str(status)
    parts = unpacked(made)
    content = None if parts.content is None else parts.content.read_bytes()
    try:
        assert_pyhanko_accepts(parts.signature.read_bytes(), content, city.authority.root.der)
    except AssertionError as error:
        return str(error) or "not accepted"
    return ""


def pyhanko_lt(made: Made, city: City) -> str:
    """By the anchors and the file alone, with revocation demanded; a signature before it need not prove itself."""
    return "" if city.pyhanko_at_once(made.path)[-1] else "not proved"


def pyhanko_lta(made: Made, city: City) -> str:
    last = city.pyhanko_much_later(made.path)[-1]
    return "" if last is AdESPassed.OK else str(last)


def openssl_cms(made: Made, city: City) -> str:
    parts = unpacked(made)
    return openssl_complaint(parts.signature, parts.content, city.authority.root.der, made.path.parent)


def openssl_ts(made: Made, city: City) -> str:
    token, stamped = stamped_value(made)
    return openssl_stamp_complaint(token, stamped, city.authority.root.der, made.path.parent)


def counter_value(made: Made, _: City) -> str:
    """The counter-signature's value by the holder's bare key, over the signed attributes that openssl leaves alone."""
    info = cms.ContentInfo.load(made.path.read_bytes())["content"]["signer_infos"][0]
    counter = next(a for a in info["unsigned_attrs"] if a["type"].native == "counter_signature")["values"][0]
    digest = next(a for a in counter["signed_attrs"] if a["type"].native == "message_digest")["values"][0].native
    name = counter["digest_algorithm"]["algorithm"].native
    hasher = hashes.Hash(getattr(hashes, name.upper())())
    hasher.update(info["signature"].native)
    if hasher.finalize() != digest:
        return "another value is countersigned"
    data, value, key = counter["signed_attrs"].untag().dump(), counter["signature"].native, made.holder.key.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, data, ec.ECDSA(hashes.SHA256() if key.key_size == 256 else hashes.SHA384()))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(value, data)
    except InvalidSignature:
        return "the value does not verify"
    return ""


def xmlsec1(made: Made, city: City) -> str:
    """Each signature in the file, one after the other."""
    path = unpacked(made).signature
    ids = [one.get("Id") for one in etree.fromstring(path.read_bytes()).iter(f"{DS}Signature")]
    if len(ids) < made.count:
        return f"only {len(ids)} signatures"
    verdicts = (xmlsec1_verdict(path, city.authority.root.der, ["DLHDon"], one) for one in ids)
    return "".join(verdicts)


def signxml(made: Made, _: City) -> str:
    try:
        signxml_accepts(made.path.read_bytes(), made.holder, references=2)
    except (SignXMLException, InvalidInput, AssertionError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def openssl_pkeyutl(made: Made, _: City) -> str:
    """The value over SignedInfo as lxml canonicalises it, and the digests of what is named by an identifier there."""
    folder, root = made.path.parent, etree.fromstring(unpacked(made).signature.read_bytes())
    info, value = signed_info(root)
    public = made.holder.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("info", info), ("value", value), ("public.pem", public)):
        (folder / name).write_bytes(content)
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.pem", "-in", "info"]
    done = subprocess.run(
        [*command, "-sigfile", "value"], capture_output=True, text=True, errors="replace", check=False, cwd=folder
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def joserfc(made: Made, _: City) -> str:
    """A JOSE library that knows nothing of JAdES, with the certificate's key; files beside are not its business."""
    text = made.path.read_text()
    if text.startswith("{"):
        members = json.loads(text)
        last = (members.get("signatures") or [members])[-1]
        protected, payload, value = last["protected"], members.get("payload", ""), last["signature"]
    else:
        protected, payload, value = text.split(".")
    algorithm = json.loads(base64.urlsafe_b64decode(protected + "=="))["alg"]
    public = made.holder.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    kind = OKPKey if algorithm == "EdDSA" else ECKey if algorithm[0] == "E" else RSAKey
    beside = {"sigD": HeaderParameter("what is signed beside it", lambda _: None)}
    registry = jose.JWSRegistry(beside, algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = registry.max_signature_length = registry.max_payload_length = 100_000
    try:
        jose.deserialize_compact(f"{protected}.{payload}.{value}", kind.import_key(public), registry=registry)
    except (JoseError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def unzip(made: Made, _: City) -> str:
    return unzip_complaint(made.path)


JUDGES: dict[str, Callable[[Made, City], str]] = {
    "pdfsig": pdfsig,
    "qpdf": qpdf,
    "pyhanko": pyhanko,
    "pyhanko-lt": pyhanko_lt,
    "pyhanko-lta": pyhanko_lta,
    "openssl-cms": openssl_cms,
    "openssl-ts": openssl_ts,
    "openssl-pkeyutl": openssl_pkeyutl,
    "counter-value": counter_value,
    "xmlsec1": xmlsec1,
    "signxml": signxml,
    "joserfc": joserfc,
    "unzip": unzip,
}
