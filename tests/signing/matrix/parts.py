"""Takes signed files apart with nothing of ours: asn1crypto, lxml, zipfile and pyHanko."""

import base64
import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import cms
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.signing.matrix.bench import Made

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"


@dataclass(frozen=True)
class Unpacked:
    """The signature file of a container, at the root of what was unpacked, and what it signs."""

    signature: Path
    content: Path | None


def unpacked(made: Made) -> Unpacked:
    """Unpack a container as anybody would; a file that is none stays what it is."""
    if not made.cell.format.startswith("asic"):
        return Unpacked(made.path, next(iter(made.beside.values()), None))
    out = made.path.with_suffix(".out")
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(out)
        names = archive.namelist()
    inside = next(name for name in names if name.startswith("META-INF/signature"))
    # References in XML signatures count from the container's root.
    at_root = out / Path(inside).name
    at_root.write_bytes((out / inside).read_bytes())
    manifest = next((name for name in names if name.startswith("META-INF/ASiCManifest")), None)
    return Unpacked(at_root, out / (manifest or next(n for n in names if n != "mimetype" and "META-INF" not in n)))


def unzip_complaint(path: Path) -> str:
    done = subprocess.run(["unzip", "-tq", path], capture_output=True, text=True, errors="replace", check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def stamped_value(made: Made) -> tuple[bytes, bytes]:
    """Return the signature's time-stamp token and the bytes that it stamps, taken out of the file."""
    if made.cell.format == "pades":
        with made.path.open("rb") as file:
            embedded = PdfFileReader(file).embedded_regular_signatures[-1].signer_info
        return _cms_stamp(embedded)
    signature = unpacked(made).signature
    if made.cell.format == "jades":
        members = json.loads(signature.read_bytes())
        last = (members.get("signatures") or [members])[-1]
        entry = json.loads(_from_b64url(last["header"]["etsiU"][0]))
        return base64.b64decode(entry["sigTst"]["tstTokens"][0]["val"]), last["signature"].encode()
    data = signature.read_bytes()
    if data.startswith(b"0"):
        return _cms_stamp(cms.ContentInfo.load(data)["content"]["signer_infos"][0])
    root = etree.fromstring(data)
    token = next(root.iter(f"{XADES}SignatureTimeStamp")).find(f"{XADES}EncapsulatedTimeStamp").text
    value = next(root.iter(f"{DS}SignatureValue"))
    method = next(root.iter(f"{XADES}SignatureTimeStamp")).find(f"{DS}CanonicalizationMethod")
    return base64.b64decode(token), _canonical(value, method)


def _cms_stamp(signer: cms.SignerInfo) -> tuple[bytes, bytes]:
    found = next(one for one in signer["unsigned_attrs"] if one["type"].native == "signature_time_stamp_token")
    return found["values"][0].dump(), signer["signature"].native


def _canonical(element: etree._Element, method: etree._Element | None) -> bytes:
    exclusive = method is not None and "exc-c14n" in method.get("Algorithm", "")
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=False, with_tail=False)


def signed_info(root: etree._Element) -> tuple[bytes, bytes]:
    """Return the canonical SignedInfo of an XML's only signature, and the value over it."""
    info = next(root.iter(f"{DS}SignedInfo"))
    value = base64.b64decode(next(root.iter(f"{DS}SignatureValue")).text)
    return _canonical(info, info.find(f"{DS}CanonicalizationMethod")), value


def _from_b64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
