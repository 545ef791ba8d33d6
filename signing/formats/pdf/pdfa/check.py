"""Holds a whole PDF against the rules of the part that it claims, and one revision against the one before."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors.documents import PdfaNotKept
from signing.formats.pdf.pdfa.claim import PdfaClaim, read_claim
from signing.formats.pdf.pdfa.rules import check_catalogue, check_object
from signing.formats.pdf.structure import entry, resolved

_INTENTS = {b"RGB ": "RGB", b"CMYK": "CMYK", b"GRAY": "GRAY"}
MAXIMUM_DEPTH = 64


def pdfa_findings(reader: PdfFileReader, claim: PdfaClaim) -> Counter[str]:
    """Return what our rules find in the document as it stands now, and how often.

    An empty answer is no proof of conformance: signing.formats.pdf.pdfa.rules says what is not looked at.
    """
    found: Counter[str] = Counter(check_catalogue(reader.root, claim))
    if "/Encrypt" in reader.trailer:
        found["encryption"] += 1
    trailer: Any = reader.trailer
    if len(resolved(entry(trailer, "/ID"))) != 2:
        found["no file identifier"] += 1
    intent = output_intent(reader)
    for value in _every_object(reader):
        for part in _dictionaries(value, 0):
            found.update(check_object(part, claim, intent))
    return found


def refuse_new_findings(before: Counter[str], claim: PdfaClaim, after: PdfFileReader) -> None:
    """Refuse a revision that is worse PDF/A than the file before it.

    Raises:
        PdfaNotKept: Names what is new.
    """
    if read_claim(after) != claim:
        raise PdfaNotKept(f"the document would no longer say that it is {claim}")
    new = sorted((pdfa_findings(after, claim) - before).elements())
    if new:
        raise PdfaNotKept(f"the signature would bring into {claim}: {', '.join(dict.fromkeys(new))}")


def output_intent(reader: PdfFileReader) -> str | None:
    """Return the colour space of the profile for PDF/A: RGB, CMYK or GRAY; None without one."""
    for intent in resolved(entry(reader.root, "/OutputIntents")):
        profile: Any = entry(intent, "/DestOutputProfile")
        if entry(intent, "/S") == "/GTS_PDFA1" and profile is not None:
            # Source: ICC.1, 7.2.6: the data colour space stands at offset 16.
            return _INTENTS.get(bytes(profile.data[16:20]))
    return None


def _every_object(reader: PdfFileReader) -> Iterator[Any]:
    references = {
        reference
        for revision in range(reader.total_revisions)
        for reference in reader.xrefs.explicit_refs_in_revision(revision)
    }
    read_object: Any = reader.get_object
    for reference in sorted(references, key=lambda one: (one.idnum, one.generation)):
        yield read_object(reference)
        reader.resolved_objects.pop((reference.generation, reference.idnum), None)


def _dictionaries(value: Any, depth: int) -> Iterator[generic.DictionaryObject]:
    """Yield a value's dictionaries, those in it too; what it refers to is an object of its own."""
    if depth > MAXIMUM_DEPTH:
        return
    if isinstance(value, generic.DictionaryObject):
        yield value
        parts = [value.raw_get(key) for key in value]
    elif isinstance(value, generic.ArrayObject):
        parts = [value.raw_get(position) for position in range(len(value))]
    else:
        return
    for part in parts:
        if isinstance(part, generic.DictionaryObject | generic.ArrayObject):
            yield from _dictionaries(part, depth + 1)
