"""Reads PDF files that strangers sent: strictly, within limits, and whole before anything is signed.

A damaged file can often still be given a signature, which then covers what nobody can read. So the cross-reference
tables, every object, every compressed stream and the page tree are read first. Runs in the child for untrusted files.
"""

import zlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO

import pypdfium2
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions
from pyhanko.pdf_utils.decode_limits import DecodeLimits, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors.documents import (
    DocumentDynamicForm,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentNotPdf,
    DocumentNotSignable,
    DocumentRestricted,
    DocumentTooComplex,
    DocumentUnreadable,
)
from signing.formats.pdf.syntax import check_object_syntax

MEBIBYTE = 1024 * 1024
LIMITS = DecodeLimits(per_stream=StreamDecodeLimits(max_output_size=256 * MEBIBYTE))
MAXIMUM_OBJECTS = 1_000_000
MAXIMUM_PAGES = 20_000
# All streams of a document together, inflated: about 350 colour pages scanned at 200 dpi without loss.
MAXIMUM_INFLATED_BYTES = 4096 * MEBIBYTE
_INFLATE_STEP_BYTES = 4 * MEBIBYTE
# Scanning software built on Pillow writes generation 65536 instead of 65535 for the free object 0. It does no harm,
# and scans are what offices have most of.
_PILLOW_FAULT = "Illegal generation 65536 for object ID 0"


def open_strictly(stream: BinaryIO, password: str | None = None) -> PdfFileReader:
    """Return a reader that knows the file's cross-references, and can read it if it is encrypted.

    Args:
        password: The owner's, or a user's to whom the file allows filling in forms.
    Raises:
        DocumentNotSignable: One of its kinds says why the file cannot be used.
    """
    head = stream.read(1024)
    if not head:
        raise DocumentEmpty("the file has no bytes")
    if not head.startswith(b"%PDF-"):
        raise DocumentNotPdf("the file does not begin with %PDF-")
    reader = _strict_reader(stream)
    if "/Encrypt" in reader.trailer:
        _unlock(reader, password)
    return reader


def _strict_reader(stream: BinaryIO) -> PdfFileReader:
    try:
        return PdfFileReader(stream, strict=True, decode_limits=LIMITS)
    except PdfStrictReadError as error:
        if _PILLOW_FAULT not in str(error):
            raise
    reader = PdfFileReader(stream, strict=False, decode_limits=LIMITS)
    reader.strict = True
    return reader


def _unlock(reader: PdfFileReader, password: str | None) -> None:
    """Make the reader read an encrypted file, if the password is that of someone who may sign it.

    Source: ISO 32000-2:2020, 7.6.4.2, table 22 (bits 6 and 9).
    """
    handler = reader.security_handler
    if not isinstance(handler, StandardSecurityHandler):
        raise DocumentEncrypted("the document opens only with a key, not with a password")
    given = AuthStatus.FAILED if password is None else reader.decrypt(password).status
    if given is AuthStatus.OWNER:
        return
    if given is AuthStatus.USER:
        permissions = handler.perms
        forms = StandardPermissions.ALLOW_FORM_FILLING | StandardPermissions.ALLOW_ANNOTS_FORM_FILLING
        if isinstance(permissions, StandardPermissions) and permissions & forms == forms:
            return
        raise DocumentRestricted("its owner does not let readers fill in or sign the document")
    if reader.decrypt(b"").status is not AuthStatus.FAILED:
        raise DocumentRestricted("an owner's password protects the document against changes")
    wrong = "" if password is None else ", and the one given is another"
    raise DocumentEncrypted(f"the document opens only with a password{wrong}")


def check_whole(reader: PdfFileReader, path: Path, password: str | None = None) -> int:
    """Read the whole document and return its number of pages.

    Args:
        password: What open_strictly was given.
    Raises:
        DocumentUnreadable, DocumentDynamicForm, DocumentTooComplex: As they say.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        _check_objects(reader, content)
    root = reader.root
    if entry(root, "/NeedsRendering"):
        raise DocumentDynamicForm("the document is a dynamic XFA form")
    page_count = sum(1 for _ in pages(reader))
    if page_count == 0 or root["/Pages"]["/Count"] != page_count:
        raise DocumentUnreadable("the page tree does not hold as many pages as it says")
    with pypdfium2.PdfDocument(path, password=password) as document:
        if len(document) != page_count:
            raise DocumentUnreadable("two readers see different numbers of pages")
        for index in {0, page_count - 1}:
            document[index].close()
    return page_count


def _check_objects(reader: PdfFileReader, content: mmap) -> None:
    references = {
        reference
        for revision in range(reader.total_revisions)
        for reference in reader.xrefs.explicit_refs_in_revision(revision)
    }
    if len(references) > MAXIMUM_OBJECTS:
        raise DocumentTooComplex(f"the document has more than {MAXIMUM_OBJECTS} objects")
    read_object: Any = reader.get_object
    inflated_bytes = 0
    for reference in references:
        # Members of an object stream are read with that stream, which is an object itself.
        offset = reader.xrefs[reference]
        if not isinstance(offset, int):
            continue
        if not check_object_syntax(content, offset, reference.idnum, reference.generation):
            continue
        inflated_bytes += _inflated_size(read_object(reference))
        # Large streams are not kept: only one is in memory at a time.
        reader.resolved_objects.pop((reference.generation, reference.idnum), None)
        if inflated_bytes > MAXIMUM_INFLATED_BYTES:
            raise DocumentTooComplex("the document's streams are too large when inflated")


def _inflated_size(stream: generic.StreamObject) -> int:
    """Inflate a Flate stream without keeping the result, so that its checksum is compared; return its size."""
    filters = entry(stream, "/Filter")
    first = filters[0] if isinstance(filters, generic.ArrayObject) and filters else filters
    if first not in {"/FlateDecode", "/Fl"}:
        return len(stream.encoded_data)
    inflater = zlib.decompressobj()
    size = 0
    waiting: bytes = stream.encoded_data
    while waiting and not inflater.eof:
        size += len(inflater.decompress(waiting, _INFLATE_STEP_BYTES))
        waiting = inflater.unconsumed_tail
        if size > MAXIMUM_INFLATED_BYTES:
            raise DocumentTooComplex("a stream is too large when inflated")
    if not inflater.eof:
        raise DocumentUnreadable("a compressed stream ends too early")
    return size


def pages(reader: PdfFileReader) -> Iterator[Any]:
    """Yield a reference to each page in order.

    Raises:
        DocumentUnreadable: The tree has a loop, or a node that is neither pages nor a page.
        DocumentTooComplex: More pages than a document may have.
    """
    waiting: list[Any] = [reader.root.raw_get("/Pages")]
    seen: set[tuple[int, int]] = set()
    read_object: Any = reader.get_object
    found = 0
    while waiting:
        reference = waiting.pop()
        if not isinstance(reference, generic.IndirectObject) or (reference.idnum, reference.generation) in seen:
            raise DocumentUnreadable("the page tree is not a tree of indirect objects")
        seen.add((reference.idnum, reference.generation))
        node = read_object(reference.reference)
        if entry(node, "/Type") == "/Pages":
            waiting.extend(reversed([node["/Kids"].raw_get(index) for index in range(len(node["/Kids"]))]))
            continue
        if entry(node, "/Type") != "/Page":
            raise DocumentUnreadable("the page tree holds something that is no page")
        found += 1
        if found > MAXIMUM_PAGES:
            raise DocumentTooComplex(f"the document has more than {MAXIMUM_PAGES} pages")
        yield reference


def entry(dictionary: generic.DictionaryObject | None, key: str) -> Any:
    """Return a dictionary's value with references followed, or None; its own get() would give the reference."""
    try:
        return None if dictionary is None else dictionary[key]
    except KeyError:
        return None


def resolved(array: generic.ArrayObject | None) -> list[Any]:
    """Return an array's items with references followed; iterating over the array itself would give the references."""
    return [] if array is None else [array[index] for index in range(len(array))]


def as_refusal(error: Exception) -> DocumentNotSignable:
    """Return what a parser's failure says about the file: anything at all can come out of a hostile one."""
    if isinstance(error, DocumentNotSignable):
        return error
    if isinstance(error, MemoryError | RecursionError | PdfDecodeLimitError):
        return DocumentTooComplex("reading the document needs more than one document may take")
    return DocumentUnreadable(f"the document's structure is damaged ({type(error).__name__})")
