"""Puts text into a PDF by form fields, the one change that signatures in it allow; runs in the child.

A text that comes after a signature (a document's number and date) needs a field that was there before it. So empty
fields are added before the first signature, and filled later; either is an incremental revision of its own.
"""

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.appearance.draw import LEADING, StampContent, draw_stamp
from signing.appearance.mark import Mark, make_mark
from signing.appearance.style import StampStyle
from signing.errors import SigningError
from signing.errors.documents import (
    DocumentCertifiedAgainstChanges,
    FieldAlreadyFilled,
    FieldMissing,
    FieldNotAddable,
)
from signing.formats.pdf.marks import MarkWriter, dictionary, numbers
from signing.formats.pdf.signed_fields import certification_level, signed_fields, widget_place
from signing.formats.pdf.spots import SearchedDocument, Spot, find_spot, spot_of_field
from signing.formats.pdf.structure import as_refusal, check_whole, entry, open_strictly, resolved
from signing.formats.pdf.target_field import refuse_locked
from signing.model import POINTS_PER_MM, BesideText, PageCorner, PageRectangle

READ_ONLY = 1
PRINT = 4
SMALLEST_PT = 7.0
TextPlacement = BesideText | PageRectangle | PageCorner


@dataclass(frozen=True)
class TextField:
    """A text field and what it says.

    Attributes:
        placement: Where it is put if the document has no such field; None for a field of the document's own.
        style: Size of the letters, and how wide a field is that is put in.
        text: None leaves it empty.
    """

    name: str
    style: StampStyle
    placement: TextPlacement | None = None
    text: str | None = None


def write_text_fields(
    source: Path, target: Path, fields: Sequence[TextField], fonts_folder: Path, password: str | None = None
) -> None:
    """Copy source to target and append one revision, in which fields are added, or filled, or both.

    Raises:
        DocumentNotSignable: One of its kinds says why the file cannot be changed: a field is missing, locked or
            filled, or an earlier signature would break.
        PlacementError: One of its kinds says why a field finds no place.
        StampTextInvalid: The font lacks a letter of a text.
    """
    try:
        shutil.copyfile(source, target)
        with target.open("r+b") as stream:
            reader = open_strictly(stream, password)
            page_count = check_whole(reader, target, password)
            if certification_level(reader) == 1:
                raise DocumentCertifiedAgainstChanges("a certification signature forbids any change")
            revision = _Revision(reader, SearchedDocument(target, page_count, signed_fields(reader), password))
            for wanted in fields:
                revision.write(wanted, fonts_folder)
            revision.finish()
    except SigningError:
        target.unlink(missing_ok=True)
        raise
    except Exception as error:
        target.unlink(missing_ok=True)
        raise as_refusal(error) from error


class _Revision:
    """One incremental revision that adds and fills text fields."""

    def __init__(self, reader: PdfFileReader, searched: SearchedDocument) -> None:
        # pyHanko's writer is not typed throughout.
        self._writer: Any = IncrementalPdfFileWriter.from_reader(reader)
        self._reader = reader
        self._searched = searched

    def write(self, wanted: TextField, fonts_folder: Path) -> None:
        refuse_locked(self._reader, wanted.name)
        reference = _find_text_field(self._reader, wanted.name)
        if reference is not None:
            self._fill(reference, wanted, fonts_folder)
        elif wanted.placement is None:
            raise FieldMissing(f"the document has no text field named {wanted.name!r}")
        else:
            self._add(wanted, wanted.placement, fonts_folder)

    def finish(self) -> None:
        """Append what was written."""
        self._writer.write_in_place()

    def _fill(self, reference: Any, wanted: TextField, fonts_folder: Path) -> None:
        field: Any = reference.get_object()
        if entry(field, "/V"):
            raise FieldAlreadyFilled(f"the field {wanted.name!r} holds a text already")
        if wanted.text is None:
            return
        page_index, rectangle = widget_place(self._reader, reference)
        annotation: Any = get_single_field_annot(field)
        if page_index is not None and rectangle is not None:
            # The letters keep their size where the field has the room for it.
            style = dataclasses.replace(
                wanted.style,
                width_mm=rectangle.width / POINTS_PER_MM,
                size_pt=min(wanted.style.size_pt, rectangle.height / LEADING),
            )
            mark = _mark(style, wanted.text, fonts_folder)
            spot = spot_of_field(self._searched, page_index, rectangle, mark)
            annotation["/AP"] = dictionary({"/N": MarkWriter(self._writer, spot.mark, masked=False).appearance(spot)})
        field["/V"] = generic.TextStringObject(wanted.text)
        for changed in (field, annotation):
            self._writer.update_container(changed)

    def _add(self, wanted: TextField, placement: TextPlacement, fonts_folder: Path) -> None:
        if self._searched.fields:
            raise FieldNotAddable("the document is signed already, and a new field would break that")
        spot = find_spot(self._searched, placement, _mark(wanted.style, wanted.text or " ", fonts_folder))
        page, _ = self._writer.find_page_for_modification(spot.page_index)
        field = dictionary(
            {
                "/Type": generic.pdf_name("/Annot"),
                "/Subtype": generic.pdf_name("/Widget"),
                "/FT": generic.pdf_name("/Tx"),
                "/T": generic.TextStringObject(wanted.name),
                "/F": _integer(PRINT),
                # Nobody types over it: what fills it is this service.
                "/Ff": _integer(READ_ONLY),
                "/DA": generic.TextStringObject(f"/Helv {wanted.style.size_pt:g} Tf 0 g"),
                "/Rect": numbers(*dataclasses.astuple(spot.rectangle)),
                "/P": page,
                "/AP": dictionary({"/N": self._appearance(spot, wanted.text)}),
            }
        )
        if wanted.text is not None:
            field["/V"] = generic.TextStringObject(wanted.text)
        reference = self._writer.add_object(field)
        self._writer.register_annotation(page, reference)
        form = self._form()
        form["/Fields"].append(reference)
        self._writer.update_container(form["/Fields"])

    def _appearance(self, spot: Spot[Mark], text: str | None) -> Any:
        if text is not None:
            return MarkWriter(self._writer, spot.mark, masked=False).appearance(spot)
        box = numbers(0, 0, spot.rectangle.width, spot.rectangle.height)
        entries = {"/Type": generic.pdf_name("/XObject"), "/Subtype": generic.pdf_name("/Form"), "/BBox": box}
        return self._writer.add_object(generic.StreamObject(dict(dictionary(entries)), stream_data=b""))

    def _form(self) -> Any:
        """Return the document's form, which is made where there is none."""
        root: Any = self._writer.root
        if entry(root, "/AcroForm") is None:
            root["/AcroForm"] = self._writer.add_object(dictionary({"/Fields": generic.ArrayObject()}))
            self._writer.update_root()
        form = root["/AcroForm"]
        if entry(form, "/Fields") is None:
            form["/Fields"] = generic.ArrayObject()
            self._writer.update_container(form)
        return form


def _integer(value: int) -> Any:
    made: Any = generic.NumberObject
    return made(value)


def _mark(style: StampStyle, text: str, fonts_folder: Path) -> Mark:
    """Draw a text on one line: a long one gets smaller letters down to a size that is still read, then wraps."""
    drawn = draw_stamp(style, StampContent((text,)), fonts_folder)
    while drawn.height_pt > 1.5 * LEADING * style.size_pt and style.size_pt > SMALLEST_PT:
        style = dataclasses.replace(style, size_pt=max(SMALLEST_PT, 0.92 * style.size_pt))
        drawn = draw_stamp(style, StampContent((text,)), fonts_folder)
    return make_mark(None, drawn)


def _find_text_field(reader: PdfFileReader, name: str) -> Any:
    """Return the reference of the text field with a full name, or None."""
    siblings: Any = entry(entry(reader.root, "/AcroForm"), "/Fields")
    parts = name.split(".")
    for depth, part in enumerate(parts):
        found = _named(siblings, part)
        if found is None:
            return None
        field = found.get_object()
        if depth == len(parts) - 1:
            return found if entry(field, "/FT") == "/Tx" else None
        siblings = entry(field, "/Kids")
    return None


def _named(siblings: Any, name: str) -> Any:
    for position, field in enumerate(resolved(siblings)):
        if entry(field, "/T") == name:
            return siblings.raw_get(position)
    return None
