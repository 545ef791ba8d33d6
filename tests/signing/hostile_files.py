"""Files that are not what they claim, or were made to harm whoever opens them; each small."""

import io
import json
import warnings
import zipfile
import zlib

from tests.signing.formats.pdf.builder import minimal, stream, zeros_deflated

ASIC_E = b"application/vnd.etsi.asic-e+zip"
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
SIGNATURE = b'<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:SignedInfo/></s:Signature>'


def packed(*members: tuple[str, bytes]) -> bytes:
    """Return a container with these members behind its mimetype, under their names as they are."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        archive.writestr(zipfile.ZipInfo("mimetype"), ASIC_E)
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def lying_about_its_size() -> bytes:
    """A member whose headers say 10 bytes, and which inflates to 20 MB."""
    data = bytearray(packed(("a.txt", bytes(20_000_000))))
    size = (20_000_000).to_bytes(4, "little")
    return bytes(data.replace(size, (10).to_bytes(4, "little")))


def nested(depth: int) -> bytes:
    content = b"x"
    for _ in range(depth):
        content = packed(("a.asice", content))
    return content


SIGNATURES = ("META-INF/signatures001.xml", SIGNATURE)
HOSTILE: dict[str, bytes] = {
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "an empty ZIP": packed(),
    "half a ZIP": packed(("a", b"x" * 500), SIGNATURES)[:-40],
    "a bomb of zeros": packed(("bomb", bytes(60_000_000)), SIGNATURES),
    "a member that lies about its size": lying_about_its_size(),
    "a path out of the folder": packed(("../../etc/passwd", b"x"), SIGNATURES),
    "an absolute path": packed(("/etc/passwd", b"x"), SIGNATURES),
    "a drive's path": packed(("C:\\Windows\\x", b"x"), SIGNATURES),
    "one name twice": packed(("a", b"one"), ("a", b"two"), SIGNATURES),
    "names that differ by case": packed(("a", b"one"), ("A", b"two"), SIGNATURES),
    "thirty containers in each other": nested(30),
    "XML with a document type": b'<?xml version="1.0"?><!DOCTYPE a []><a>' + SIGNATURE + b"</a>",
    "XML with an outside entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;' + SIGNATURE + b"</a>",
    "XML that laughs": b'<!DOCTYPE a [<!ENTITY l0 "ha">' + LAUGHS + b"]><a>&l9;</a>",
    "XML without a bottom": b"<a>" * 300_000,
    "XML cut off": b"<a>" + SIGNATURE[:60],
    "JSON without a bottom": b'{"payload":"","signatures":' + b"[" * 1_000_000,
    "JSON with a name twice": b'{"payload":"YQ","payload":"Yg","protected":"e30","signature":"AA"}',
    "a JWS of nothing": json.dumps({"payload": "", "protected": "e30", "signature": ""}).encode(),
    "half a CMS": bytes.fromhex("308006092a864886f70d010702a0803080020101"),
    "a CMS of other content": bytes.fromhex("301306092a864886f70d010701a006040474657374"),
    "DER that claims four gigabytes": bytes.fromhex("3084ffffffff06092a864886f70d010702"),
    "a PDF of one header": b"%PDF-1.7\n",
    "a PDF whose metadata are a hundred megabytes of zeros": minimal(
        stream(zeros_deflated(120_000_000), b"/Filter/FlateDecode"), catalogue=b"/Metadata 4 0 R"
    ),
    "a PDF with a signature of nothing": minimal(
        b"<</Type/Sig/Filter/A/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>",
        b"<</FT/Sig/T(a)/V 4 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>",
        catalogue=b"/AcroForm<</Fields[5 0 R]/SigFlags 3>>",
    ),
    "plain text": "Kính gửi Uỷ ban".encode(),
    "compressed text": zlib.compress(b"x" * 500),
}
