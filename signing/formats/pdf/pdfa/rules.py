"""What PDF/A forbids or demands, object by object: the rules that a signature could break, and their neighbours.

Sources: ISO 19005-1:2005 (PDF 1.4), ISO 19005-2:2011 and 19005-3:2012 (PDF 1.7), ISO 19005-4:2020 (PDF 2.0). Not here:
the operators of content streams, glyph widths, XMP schemas, colour profiles' insides, and the tags of level A.
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic

from signing.formats.pdf.pdfa.claim import PdfaClaim
from signing.formats.pdf.structure import entry, resolved

# Print set; Invisible, Hidden, NoView and ToggleNoView clear. Source: 19005-1, 6.5.3; 19005-2, 6.3.2.
_PRINT, _UNSEEN = 4, 1 | 2 | 32 | 256
_ACTIONS = frozenset({"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/JavaScript", "/Hide", "/SetState"})
_ACTIONS |= frozenset({"/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView"})
_MEDIA = frozenset({"/Sound", "/Movie", "/Screen", "/3D", "/RichMedia"})
# What PDF 1.4 did not know or PDF/A-1 leaves out. Source: 19005-1, 6.5.2.
_AFTER_14 = frozenset({"/FileAttachment", "/Polygon", "/PolyLine", "/Caret", "/Watermark", "/Redact", "/Projection"})
_PLAIN_BLENDS = frozenset({"/Normal", "/Compatible"})
_SPACES = {"/RGB": "/DeviceRGB", "/G": "/DeviceGray", "/CMYK": "/DeviceCMYK"}
_DEVICE_SPACES = frozenset({"/DeviceRGB", "/DeviceGray", "/DeviceCMYK"})


def check_object(value: Any, claim: PdfaClaim, intent: str | None) -> Iterator[str]:
    """Yield what is wrong with one dictionary or stream, each in a few words.

    Args:
        intent: The colour space of the output intent's profile: RGB, CMYK or GRAY; None without one.
    """
    kind, subtype = entry(value, "/Type"), entry(value, "/Subtype")
    if isinstance(value, generic.StreamObject):
        yield from _check_stream(value, claim)
    if subtype == "/Image" and isinstance(value, generic.StreamObject):
        yield from _check_image(value, claim, intent)
    if kind == "/Annot" or (subtype == "/Widget" and "/Rect" in value):
        yield from _check_annotation(value, claim)
    if kind == "/Font":
        yield from _check_font(value)
    if kind == "/Action" and entry(value, "/S") in _ACTIONS:
        yield f"an action {entry(value, '/S')}"
    if kind == "/ExtGState":
        yield from _check_graphics_state(value, claim)
    if claim.part == 1 and entry(entry(value, "/Group"), "/S") == "/Transparency":
        yield "a transparency group"
    if claim.part == 1 and kind in {"/ObjStm", "/XRef"}:
        yield f"a stream of the kind {kind}, which PDF 1.4 does not know"


def check_catalogue(catalogue: Any, claim: PdfaClaim) -> Iterator[str]:
    """Yield what is wrong with the document as a whole."""
    form = entry(catalogue, "/AcroForm")
    if "/AA" in catalogue:
        yield "additional actions of the document"
    if entry(form, "/NeedAppearances"):
        yield "fields without appearances (NeedAppearances)"
    if form is not None and "/XFA" in form:
        yield "an XFA form"
    if claim.part == 1 and entry(entry(catalogue, "/Names"), "/EmbeddedFiles") is not None:
        yield "embedded files"
    if claim.part == 1 and "/OCProperties" in catalogue:
        yield "optional content"


def _check_stream(value: Any, claim: PdfaClaim) -> Iterator[str]:
    filters = entry(value, "/Filter")
    names = resolved(filters) if isinstance(filters, generic.ArrayObject) else [filters]
    if {"/LZWDecode", "/LZW"} & set(names):
        yield "LZW compression"
    if "/Crypt" in names and claim.part == 1:
        yield "a Crypt filter"
    if {"/F", "/FFilter", "/FDecodeParms"} & set(value) and entry(value, "/Type") != "/EmbeddedFile":
        yield "a stream outside the file"
    if claim.part == 1 and entry(value, "/Type") == "/Metadata" and filters is not None:
        yield "packed metadata"
    if entry(value, "/Subtype") == "/PS":
        yield "PostScript"


def _check_image(value: Any, claim: PdfaClaim, intent: str | None) -> Iterator[str]:
    if entry(value, "/Interpolate"):
        yield "an image to be interpolated"
    if "/Alternates" in value or "/OPI" in value:
        yield "an image with alternatives"
    if claim.part == 1 and entry(value, "/SMask") not in (None, "/None"):
        yield "a transparent image"
    space = entry(value, "/ColorSpace")
    space = _SPACES.get(space, space) if not isinstance(space, generic.ArrayObject) else None
    if space in _DEVICE_SPACES and not _covered(str(space), intent):
        yield f"an image in {space}, which the output intent does not cover"


def _covered(space: str, intent: str | None) -> bool:
    """Say whether a device colour space has a meaning. Source: ISO 19005-2:2011, 6.2.4.3."""
    if space == "/DeviceGray":
        return intent is not None
    return (space, intent) in {("/DeviceRGB", "RGB"), ("/DeviceCMYK", "CMYK")}


def _check_annotation(value: Any, claim: PdfaClaim) -> Iterator[str]:
    subtype, flags = entry(value, "/Subtype"), entry(value, "/F")
    if subtype in _MEDIA or (claim.part == 1 and subtype in _AFTER_14):
        yield f"an annotation of the kind {subtype}"
    if subtype == "/Popup":
        return
    if not isinstance(flags, int) or not flags & _PRINT or flags & _UNSEEN:
        yield f"an annotation of the kind {subtype} that is hidden or not printed"
    if claim.part == 1 and entry(value, "/CA") not in (None, 1):
        yield "a transparent annotation"
    appearance = entry(value, "/AP")
    if appearance is not None and set(appearance) != {"/N"}:
        yield "an annotation with other appearances than the normal one"
    corners = [float(number) for number in resolved(entry(value, "/Rect"))]
    empty = len(corners) == 4 and corners[0] == corners[2] and corners[1] == corners[3]
    if appearance is None and not empty and subtype != "/Link" and claim.part != 1:
        yield f"an annotation of the kind {subtype} without an appearance"
    if subtype == "/Widget" and ("/A" in value or "/AA" in value):
        yield "a field with an action"


def _check_font(value: Any) -> Iterator[str]:
    if entry(value, "/Subtype") in {"/Type0", "/Type3"}:
        return
    descriptor = entry(value, "/FontDescriptor")
    if descriptor is None or not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
        yield f"the font {entry(value, '/BaseFont')} is not embedded"


def _check_graphics_state(value: Any, claim: PdfaClaim) -> Iterator[str]:
    if "/TR" in value or entry(value, "/TR2") not in (None, "/Default"):
        yield "a transfer function"
    if claim.part != 1:
        return
    if entry(value, "/SMask") not in (None, "/None") or entry(value, "/BM") not in (None, *_PLAIN_BLENDS):
        yield "a transparent graphics state"
    if any(entry(value, key) not in (None, 1) for key in ("/CA", "/ca")):
        yield "a transparent graphics state"
