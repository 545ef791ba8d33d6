"""A PDF opened for validation: its bytes, its signature fields, its DSS, whatever state it is in."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DecodePurpose, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature

from certs.names import shown
from certs.revocation.answers import evidence_times
from certs.revocation.model import EvidenceItem, RevocationEvidence
from signing.validation.byte_range import RawSignature, gap_problem, scan_signatures
from signing.validation.hostile import attempt

MAX_SIGNATURES = 100
# Of each kind: an official has a certificate, a CA and an answer about each, and so has the stamp.
MAX_DSS_ITEMS = 4 * MAX_SIGNATURES
# A 29 KB file whose xref stream unpacks to hundreds of megabytes costs 15 s without such a bound.
DECODE_LIMITS = DecodeLimits(per_stream=StreamDecodeLimits(max_output_size=64 * 1024 * 1024))
TIMESTAMP_SUBFILTER = "/ETSI.RFC3161"


@dataclass
class FoundSignature:
    """One signature dictionary and how it was found."""

    field_name: str
    raw: RawSignature | None
    subfilter: str = ""
    claimed_time: datetime | None = None
    embedded: EmbeddedPdfSignature | None = None
    shared: bool = False
    in_form: bool = True

    @property
    def is_timestamp(self) -> bool:
        """Say whether it is a document time-stamp: by /SubFilter, since some writers leave /Type out."""
        return self.subfilter == TIMESTAMP_SUBFILTER


@dataclass
class PdfSource:
    """The opened file. reader is None where its structure cannot be read."""

    data: mmap | bytes
    sha256: str
    reader: PdfFileReader | None
    signatures: list[FoundSignature] = field(default_factory=list)
    reason_codes: list[str] = field(default_factory=list)


@contextmanager
def open_pdf(path: Path, password: str | None = None) -> Iterator[PdfSource]:
    """Open a file of unknown worth. Nothing that its bytes can be raises here.

    Args:
        password: Tried on an encrypted file that does not open without one.
    Raises:
        OSError: The file itself cannot be read from disk.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if path.stat().st_size == 0:
            yield PdfSource(b"", digest, None, reason_codes=["document-unreadable"])
            return
        with mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
            source = PdfSource(data, digest, None)
            _read_structure(source, stream, password)
            _find_loose_signatures(source)
            source.signatures.sort(key=lambda s: s.raw.end if s.raw is not None else 0)
            yield source


def _read_structure(source: PdfSource, stream: Any, password: str | None) -> None:
    """Read strictly and, where that does not reach every signature, once more with forbearance."""
    for strict in (True, False):
        reader = attempt(lambda s=strict: _readable(PdfFileReader(stream, strict=s, decode_limits=DECODE_LIMITS)), None)  # type: ignore[misc]
        if reader is None:
            continue
        if reader.encrypted and not attempt(lambda r=reader: _opens(r, password), False):  # type: ignore[misc]
            source.reason_codes.append("document-encrypted")
            return
        signatures, whole = _read_fields(reader)
        if strict and not whole:
            continue
        source.reader, source.signatures = reader, signatures[:MAX_SIGNATURES]
        source.reason_codes += [] if strict else ["document-irregular"]
        source.reason_codes += ["too-many-signatures"] if len(signatures) > MAX_SIGNATURES else []
        return
    source.reason_codes.append("document-unreadable")


def _readable(reader: PdfFileReader) -> PdfFileReader:
    if not isinstance(reader.root, generic.DictionaryObject) or "/Pages" not in reader.root:
        raise PdfError("the catalogue has no pages")
    return reader


def _opens(reader: PdfFileReader, password: str | None) -> bool:
    given = ("",) if password is None else (password, "")
    return any(reader.decrypt(each).status is not AuthStatus.FAILED for each in given)


def _read_fields(reader: PdfFileReader) -> tuple[list[FoundSignature], bool]:
    """Return the signatures in fields, and whether all of the form could be read."""
    signatures: list[FoundSignature] = []
    whole = True
    for entry in _field_entries(reader):
        if entry is None or len(signatures) > MAX_SIGNATURES:
            whole = False
            break
        signatures.append(_from_field(reader, entry))
        whole = whole and signatures[-1].embedded is not None
    _mark_shared(signatures)
    return signatures, whole


def _find_loose_signatures(source: PdfSource) -> None:
    """Find signatures that no field leads to, by their bytes."""
    known = {s.raw for s in source.signatures} | _usage_rights(source.reader)
    for raw in scan_signatures(source.data):
        # In a readable file other bytes may look alike (an attached PDF), so there the range must be sound.
        if raw not in known and (source.reader is None or gap_problem(source.data, raw) is None):
            known.add(raw)
            source.signatures.append(_from_bytes(source, raw))


def _usage_rights(reader: PdfFileReader | None) -> set[RawSignature | None]:
    """Return Adobe's usage-rights signatures: they unlock functions of a viewer and sign nothing for anybody.

    Source: ISO 32000-1:2008, 12.8.4 (deprecated in ISO 32000-2).
    """
    found: set[RawSignature | None] = set()
    for key in ("/UR", "/UR3"):
        found.add(attempt(lambda k=key: _raw_of(reader.root["/Perms"][k]) if reader is not None else None, None))  # type: ignore[misc]
    return found


def _field_entries(reader: PdfFileReader) -> Iterator[tuple[str, Any, Any] | None]:
    """Yield name, value and field of each filled signature field; None, once, where the form breaks off."""
    ended: Any = object()
    fields: Iterator[Any] = attempt(lambda: iter(enumerate_sig_fields(reader, filled_status=True)), iter(()))
    while (entry := attempt(lambda: next(fields, ended), None)) is not ended:
        yield entry
        if entry is None:
            return


def _from_field(reader: PdfFileReader, entry: tuple[str, Any, Any]) -> FoundSignature:
    library_name, value, form_field = entry
    # A plain text: the library's own string type drags the open file along, and the file chose its characters.
    name = attempt(lambda: shown(str(library_name)), "")
    signature = attempt(lambda: value.get_object(), None)
    if not isinstance(signature, generic.DictionaryObject):
        return FoundSignature(name, None)
    return FoundSignature(
        field_name=name,
        raw=attempt(lambda: _raw_of(signature), None),
        subfilter=attempt(lambda: str(signature.get("/SubFilter", "")), ""),
        claimed_time=attempt(lambda: _claimed_time(signature), None),
        embedded=attempt(lambda: EmbeddedPdfSignature(reader, form_field, library_name), None),
    )


def _raw_of(signature: generic.DictionaryObject) -> RawSignature:
    numbers = signature.raw_get("/ByteRange").get_object()
    contents = signature.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    return RawSignature(tuple(int(n) for n in numbers), contents.original_bytes)


def _claimed_time(signature: generic.DictionaryObject) -> datetime | None:
    claimed = generic.parse_pdf_date(signature["/M"], strict=False)
    return claimed if claimed.tzinfo is not None else None


def _from_bytes(source: PdfSource, raw: RawSignature) -> FoundSignature:
    around = source.data[max(0, raw.byte_range[1] - 4_000) :][:8_000] if len(raw.byte_range) == 4 else b""
    subfilter = TIMESTAMP_SUBFILTER if TIMESTAMP_SUBFILTER.encode() in around else ""
    return FoundSignature("", raw, subfilter=subfilter, in_form=False)


def _mark_shared(signatures: list[FoundSignature]) -> None:
    first: dict[RawSignature, FoundSignature] = {}
    for signature in signatures:
        if signature.raw is None:
            continue
        other = first.setdefault(signature.raw, signature)
        if other is not signature:
            other.shared = signature.shared = True


def read_dss(reader: PdfFileReader | None) -> RevocationEvidence:
    """Return what the file's document security store holds; unreadable entries are left out.

    Source: ISO 32000-2:2020, 12.8.4.3.
    """
    if reader is None:
        return RevocationEvidence()
    store = attempt(lambda: reader.root["/DSS"], None)
    if not isinstance(store, generic.DictionaryObject):
        return RevocationEvidence()
    items: list[EvidenceItem] = []
    for kind, key, purpose in (("ocsp", "/OCSPs", DecodePurpose.OCSP_RESPONSE), ("crl", "/CRLs", DecodePurpose.CRL)):
        for der in _streams(store, key, purpose):
            times = evidence_times(kind, der)
            if times is not None:
                items.append(EvidenceItem(kind, der, "document", *times))
    return RevocationEvidence(tuple(items), tuple(_streams(store, "/Certs", DecodePurpose.CERTIFICATE)))


def _streams(store: generic.DictionaryObject, key: str, purpose: DecodePurpose) -> Iterator[bytes]:
    entries = attempt(lambda: list(store[key])[:MAX_DSS_ITEMS], [])
    for entry in entries:
        der = attempt(lambda e=entry: e.get_object().read_data(purpose), None)  # type: ignore[misc]
        if isinstance(der, bytes):
            yield der
