"""Plans one signature's revision, or says why the library has to. Runs in the child for untrusted files."""

import dataclasses
import os
from mmap import ACCESS_READ, mmap
from pathlib import Path

from signing.errors import SigningError
from signing.formats.pdf.direct.archival import needs_rules
from signing.formats.pdf.direct.doubt import Doubt, NotSure
from signing.formats.pdf.direct.form import Form, read_form
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.place import Place, find_place
from signing.formats.pdf.direct.proof import prove_whole
from signing.formats.pdf.direct.revision import PlannedRevision, Revision, moment, text
from signing.formats.pdf.direct.stamp import appearance_object, number
from signing.formats.pdf.direct.tokens import Bytes, Dictionary
from signing.formats.pdf.prepare import VIETNAM_TIME, PdfSignatureOrder
from signing.model import Invisible, PageCorner, PageRectangle

# Files up to this size are read at once, because that is quicker than to map them.
SMALL_BYTES = 1024 * 1024
_VERSION = b"1.7"
# What an order says beyond this is a wish that only the library can fulfil.
_KNOWN = {
    "placement",
    "signer_name",
    "claimed_at",
    "digest_algorithm",
    "bytes_reserved",
    "image_png",
    "stamp",
    "reason",
    "stamped",
    "certificate_der",
    "chain_ders",
}
_FURTHER_PARTS = [
    (field.name, field.default) for field in dataclasses.fields(PdfSignatureOrder) if field.name not in _KNOWN
]
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
                return _plan(source, os.read(descriptor, size), order, proved)
            with mmap(descriptor, 0, access=ACCESS_READ) as content:
                return _plan(source, content, order, proved)
        finally:
            os.close(descriptor)
    except (Doubt, SigningError) as error:
        return NotSure(str(error))
    except Exception as error:  # noqa: BLE001 - a hostile file may trip anything; the library says what is wrong with it
        return NotSure(f"reading it fails ({type(error).__name__})")


def _plan(source: Path, content: Bytes, order: PdfSignatureOrder, proved: bool) -> PlannedRevision:
    for name, default in _FURTHER_PARTS:
        if getattr(order, name) != default:
            raise Doubt(f"the order has {name}")
    if isinstance(order.placement, PageRectangle | PageCorner) and order.placement.repeat_on:
        raise Doubt("the mark stands on several pages")
    file = PdfFile(content)
    catalogue = file.dictionary(file.catalogue_reference)
    if catalogue.name(b"Type") != b"/Catalog" or any(key in catalogue for key in _UNUSUAL):
        raise Doubt("the catalogue is unusual")
    form = read_form(file, catalogue)
    if not isinstance(order.placement, Invisible) and needs_rules(file, catalogue):
        raise Doubt("the picture has to be held against PDF/A")
    if not proved:
        prove_whole(file)
    return _Layout(file, catalogue, form, find_place(source, file, catalogue, form, order)).planned(order)


@dataclasses.dataclass(frozen=True)
class _Layout:
    file: PdfFile
    catalogue: Dictionary
    form: Form
    place: Place

    def planned(self, order: PdfSignatureOrder) -> PlannedRevision:
        revision = Revision(self.file)
        field_name = self.form.free_name()
        appearance = self._add_mark(revision)
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
            page_index=self.place.leaf.page_index if self.place.mark else None,
            rectangle=self.place.rectangle,
        )

    def _add_mark(self, revision: Revision) -> bytes:
        """Add the mark and return the field's entry for it; nothing for an invisible signature."""
        mark, rectangle = self.place.mark, self.place.rectangle
        if mark is None or rectangle is None:
            return b""
        form = revision.add(appearance_object(rectangle, self.place.view, mark, mark.add_to(revision)))
        return b"/AP<</N %d 0 R>>" % form

    def _widget(self, field_name: str, signature: int, appearance: bytes) -> bytes:
        corners = dataclasses.astuple(self.place.rectangle) if self.place.rectangle else (0, 0, 0, 0)
        return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%b)/F 132/Rect[%b]/P %d %d R%b/V %d 0 R>>" % (
            field_name.encode("ascii"),
            b" ".join(number(corner) for corner in corners),
            *self.place.leaf.reference,
            appearance,
            signature,
        )

    def _update_page(self, revision: Revision, field: int) -> None:
        page = self.place.leaf.dictionary
        indirect = page.reference(b"Annots")
        if indirect is not None:
            annotations = self.file.array(indirect)
            _need_generation_0(indirect)
            revision.replace(indirect[0], _with_item(annotations, field))
            return
        _need_generation_0(self.place.leaf.reference)
        annotations = page.raw(b"Annots") or b"[]"
        revision.replace(self.place.leaf.reference[0], page.with_entries({b"Annots": _with_item(annotations, field)}))

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
