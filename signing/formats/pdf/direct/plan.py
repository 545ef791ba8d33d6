"""Plans one signature's revision, or says why the library has to. Runs in the child for untrusted files."""

import dataclasses
import os
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from signing.errors import SigningError
from signing.formats.pdf.direct.doubt import Doubt, NotSure
from signing.formats.pdf.direct.form import Form, read_form
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.pages import PageLeaf, find_page
from signing.formats.pdf.direct.proof import prove_whole
from signing.formats.pdf.direct.revision import PlannedRevision, Revision, moment, text
from signing.formats.pdf.direct.stamp import Stamp, appearance_object, number, read_stamp
from signing.formats.pdf.direct.tokens import Bytes, Dictionary
from signing.formats.pdf.placement import place_inside
from signing.formats.pdf.prepare import VIETNAM_TIME, PdfSignatureOrder
from signing.model import Invisible, PageRectangle, Rectangle

# Files up to this size are read at once, because that is quicker than to map them.
SMALL_BYTES = 1024 * 1024
_VERSION = b"1.7"
# What an order or a place says beyond this is a wish that only the library can fulfil.
_KNOWN = {
    "placement",
    "signer_name",
    "claimed_at",
    "digest_algorithm",
    "bytes_reserved",
    "image_png",
    "reason",
    "stamped",
    "certificate_der",
    "chain_ders",
    "page",
    "x0",
    "y0",
    "x1",
    "y1",
}
_FURTHER_PARTS: dict[type[Any], list[tuple[str, Any]]] = {
    kind: [(field.name, field.default) for field in dataclasses.fields(kind) if field.name not in _KNOWN]
    for kind in (PdfSignatureOrder, Invisible, PageRectangle)
}
# What makes a catalogue another matter: certification and usage rights, pages that only a viewer makes.
_UNUSUAL = (b"Perms", b"NeedsRendering")


def plan_revision(source: Path, order: PdfSignatureOrder, proved: bool) -> PlannedRevision | NotSure:
    """Lay out a revision that makes what prepare_pdf makes: field, picture and a signature with a gap.

    Args:
        proved: These very bytes were found whole before; then only what the revision touches is read.
    Returns:
        NotSure for any file or order that is not plain; nothing is raised and nothing is written.
    """
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            if size == 0:
                return NotSure("the file has no bytes")
            if size <= SMALL_BYTES:
                return _plan(os.read(descriptor, size), order, proved)
            with mmap(descriptor, 0, access=ACCESS_READ) as content:
                return _plan(content, order, proved)
        finally:
            os.close(descriptor)
    except (Doubt, SigningError) as error:
        return NotSure(str(error))
    except Exception as error:  # noqa: BLE001 - a hostile file may trip anything; the library says what is wrong with it
        return NotSure(f"reading it fails ({type(error).__name__})")


def _plan(content: Bytes, order: PdfSignatureOrder, proved: bool) -> PlannedRevision:
    for asked in (order, order.placement):
        if type(asked) not in _FURTHER_PARTS:
            raise Doubt("the place has to be looked for")
        for name, default in _FURTHER_PARTS[type(asked)]:
            if getattr(asked, name) != default:
                raise Doubt(f"the order has {name}")
    file = PdfFile(content)
    catalogue = file.dictionary(file.catalogue_reference)
    if catalogue.name(b"Type") != b"/Catalog" or any(key in catalogue for key in _UNUSUAL):
        raise Doubt("the catalogue is unusual")
    form = read_form(file, catalogue)
    leaf, rectangle, stamp = _place(file, catalogue, order)
    if not proved:
        prove_whole(file)
    return _Layout(file, catalogue, form, leaf, rectangle, stamp).planned(order)


def _place(
    file: PdfFile, catalogue: Dictionary, order: PdfSignatureOrder
) -> tuple[PageLeaf, Rectangle | None, Stamp | None]:
    placement = order.placement
    if isinstance(placement, Invisible):
        return find_page(file, catalogue, 1), None, None
    if not isinstance(placement, PageRectangle) or order.image_png is None:
        raise Doubt("a picture is missing")
    stamp = read_stamp(order.image_png)
    leaf = find_page(file, catalogue, placement.page)
    wanted = Rectangle(placement.x0, placement.y0, placement.x1, placement.y1)
    return leaf, leaf.view.to_own(place_inside(wanted, leaf.view.seen, stamp.aspect)), stamp


@dataclasses.dataclass(frozen=True)
class _Layout:
    file: PdfFile
    catalogue: Dictionary
    form: Form
    leaf: PageLeaf
    rectangle: Rectangle | None
    stamp: Stamp | None

    def planned(self, order: PdfSignatureOrder) -> PlannedRevision:
        revision = Revision(self.file)
        field_name = self.form.free_name()
        appearance = self._add_picture(revision)
        field = revision.next_number
        signature = field + 1
        revision.add(self._widget(field_name, signature, appearance))
        revision.next_number += 1
        self._update_page(revision, field)
        self._update_form(revision, field)
        gap_size = 2 * order.bytes_reserved + 2
        before, after = revision.laid_out((signature, _OPENING, _closing(order), gap_size))
        return PlannedRevision(
            original_size=len(self.file.data),
            before_gap=before,
            gap_size=gap_size,
            after_gap=after,
            field_name=field_name,
            page_index=self.leaf.page_index if self.stamp else None,
            rectangle=self.rectangle,
        )

    def _add_picture(self, revision: Revision) -> bytes:
        """Add the picture and return the field's entry for it; nothing for an invisible signature."""
        if self.stamp is None or self.rectangle is None:
            return b""
        soft_mask = revision.add(self.stamp.transparency_object())
        image = revision.add(self.stamp.colours_object(soft_mask))
        form = revision.add(appearance_object(self.rectangle, self.leaf.view, image))
        return b"/AP<</N %d 0 R>>" % form

    def _widget(self, field_name: str, signature: int, appearance: bytes) -> bytes:
        corners = dataclasses.astuple(self.rectangle) if self.rectangle else (0, 0, 0, 0)
        return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%b)/F 132/Rect[%b]/P %d %d R%b/V %d 0 R>>" % (
            field_name.encode("ascii"),
            b" ".join(number(corner) for corner in corners),
            *self.leaf.reference,
            appearance,
            signature,
        )

    def _update_page(self, revision: Revision, field: int) -> None:
        page = self.leaf.dictionary
        indirect = page.reference(b"Annots")
        if indirect is not None:
            annotations = self.file.array(indirect)
            _need_generation_0(indirect)
            revision.replace(indirect[0], _with_item(annotations, field))
            return
        _need_generation_0(self.leaf.reference)
        annotations = page.raw(b"Annots") or b"[]"
        revision.replace(self.leaf.reference[0], page.with_entries({b"Annots": _with_item(annotations, field)}))

    def _update_form(self, revision: Revision, field: int) -> None:
        changes = self._version_change()
        dictionary = self.form.dictionary
        if dictionary is None:
            form = revision.add(b"<</Fields[%d 0 R]/SigFlags 3>>" % field)
            changes[b"AcroForm"] = b"%d 0 R" % form
        else:
            fields = _with_item(dictionary.raw(b"Fields") or b"[]", field)
            form_value = dictionary.with_entries({b"Fields": fields, b"SigFlags": b"3"})
            if self.form.reference is None:
                changes[b"AcroForm"] = form_value
            else:
                _need_generation_0(self.form.reference)
                revision.replace(self.form.reference[0], form_value)
        if changes:
            _need_generation_0(self.file.catalogue_reference)
            revision.replace(self.file.catalogue_reference[0], self.catalogue.with_entries(changes))

    def _version_change(self) -> dict[bytes, bytes]:
        stated = (self.catalogue.name(b"Version") or b"/0")[1:]
        return {b"Version": b"/" + _VERSION} if max(self.file.version, stated) < _VERSION else {}


_OPENING = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange "


def _closing(order: PdfSignatureOrder) -> bytes:
    reason = b"/Reason" + text(order.reason) if order.reason is not None else b""
    return b"/M%b/Name%b%b>>" % (moment(order.claimed_at.astimezone(VIETNAM_TIME)), text(order.signer_name), reason)


def _with_item(array: bytes, item: int) -> bytes:
    if not array.startswith(b"["):
        raise Doubt("an array is unusual")
    return b"%b %d 0 R]" % (array[:-1], item)


def _need_generation_0(reference: tuple[int, int]) -> None:
    if reference[1] != 0:
        raise Doubt("an object was deleted and made anew")
