"""Adds what makes signatures provable later: validation material (DSS, VRI) and document time-stamps.

Runs in the child for untrusted files. Source: ISO 32000-2:2020, 12.8.4.3 and 12.8.5; ETSI EN 319 142-1 V1.2.1, 5.4.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.errors import SigningError
from signing.formats.material import ValidationMaterial
from signing.formats.pdf.prepare import PreparedRevision, free_field_name
from signing.formats.pdf.structure import as_refusal, entry, open_strictly, resolved


@dataclass(frozen=True)
class SignatureMaterial:
    """The material for one signature or document time-stamp, by the name of its field."""

    field_name: str
    material: ValidationMaterial


@dataclass(frozen=True)
class DocumentTimestampOrder:
    """A document time-stamp that is to be made, with the material that it is to cover, if any.

    Attributes:
        bytes_reserved: Room for the token in bytes (the file holds twice as many, in hex).
        password: What opens the file, if it is encrypted.
    """

    digest_algorithm: str
    bytes_reserved: int
    materials: tuple[SignatureMaterial, ...] = ()
    password: str | None = field(default=None, repr=False)


def write_material(
    source: Path, target: Path, materials: Sequence[SignatureMaterial], password: str | None = None
) -> None:
    """Copy source to target and append one revision that holds the material; without any, target is a plain copy.

    A certification signature forbids neither this nor a document time-stamp, whatever its level.

    Raises:
        DocumentNotSignable: One of its kinds says why the file cannot take it; target is removed.
    """
    with _appending(source, target, password) as writer:
        if _store_material(writer, materials):
            write_in_place: Any = writer.write_in_place
            write_in_place()


def prepare_document_timestamp(source: Path, target: Path, order: DocumentTimestampOrder) -> PreparedRevision:
    """Copy source to target and append one revision: material, and a document time-stamp with an empty gap.

    Raises:
        DocumentNotSignable: One of its kinds says why the file cannot take it; target is removed.
    """
    with _appending(source, target, order.password) as writer:
        _store_material(writer, order.materials)
        field_name = free_field_name(writer.prev, "Timestamp")
        steps = PdfCMSEmbedder(SigFieldSpec(field_name, on_page=0)).write_cms(field_name, writer)
        next(steps)
        document_timestamp: Any = DocumentTimestamp
        placeholder = document_timestamp(bytes_reserved=2 * order.bytes_reserved)
        steps.send(SigObjSetup(sig_placeholder=placeholder))
        prepared, stream = steps.send(SigIOSetup(md_algorithm=order.digest_algorithm, in_place=True))
        stream.flush()
        return PreparedRevision(
            path=target,
            digest=prepared.document_digest,
            digest_algorithm=order.digest_algorithm,
            gap_start=prepared.reserved_region_start,
            gap_end=prepared.reserved_region_end,
            field_name=field_name,
            page_index=None,
            rectangle=None,
        )


@contextmanager
def _appending(source: Path, target: Path, password: str | None) -> Iterator[IncrementalPdfFileWriter]:
    try:
        shutil.copyfile(source, target)
        with target.open("r+b") as stream:
            yield IncrementalPdfFileWriter.from_reader(open_strictly(stream, password))
    except SigningError:
        target.unlink(missing_ok=True)
        raise
    except Exception as error:
        target.unlink(missing_ok=True)
        raise as_refusal(error) from error


def _store_material(writer: IncrementalPdfFileWriter, materials: Sequence[SignatureMaterial]) -> bool:
    contents = _contents_by_field(writer.prev)
    stored = False
    for item in materials:
        if item.material == ValidationMaterial():
            continue
        signature = contents.get(item.field_name)
        material = _earlier_material(writer.prev, signature).joined(item.material)
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            signature,
            certs=_parsed(x509.Certificate.load, material.certificates),
            ocsps=_parsed(ocsp.OCSPResponse.load, material.ocsps),
            crls=_parsed(crl.CertificateList.load, material.crls),
        )
        stored = True
    return stored


def _earlier_material(reader: PdfFileReader, signature: bytes | None) -> ValidationMaterial:
    """Return what the signature's VRI entry holds: a new entry takes the place of the old one, so it says all of it."""
    if signature is None:
        return ValidationMaterial()
    name = DocumentSecurityStore.sig_content_identifier(signature)
    held = entry(entry(entry(reader.root, "/DSS"), "/VRI"), name)
    certificates, crls, ocsps = (
        tuple(stream.data for stream in resolved(entry(held, key))) for key in ("/Cert", "/CRL", "/OCSP")
    )
    return ValidationMaterial(certificates, crls, ocsps)


def _parsed(load: Callable[[bytes], Any], ders: Sequence[bytes]) -> list[Any]:
    return [load(der) for der in ders]


def _contents_by_field(reader: PdfFileReader) -> dict[str, bytes]:
    """Return each signature's /Contents with its padding: the SHA-1 of that names its VRI entry."""
    found: dict[str, bytes] = {}
    if "/AcroForm" not in reader.root:
        return found
    value: Any
    for name, value, _ in enumerate_sig_fields(reader, filled_status=True):
        signature = value.get_object()
        if entry(signature, "/ByteRange") is not None:
            raw = signature.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
            found[str(name)] = raw.original_bytes
    return found
