"""Adds an incremental revision with a signature that waits for its CMS. Runs in the child for untrusted files."""

import dataclasses
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from signing.appearance.mark import Mark, make_mark
from signing.appearance.style import DrawnStamp
from signing.errors import SigningError
from signing.errors.documents import CertificationNotFirst, DocumentCertifiedAgainstChanges, FieldMissing
from signing.errors.stamps import PageNotAddable, PlacementCoversText, StampNotRepeatable
from signing.formats.pdf.form_fields import find_form_field
from signing.formats.pdf.marks import MarkWriter, add_page, dictionary
from signing.formats.pdf.pdfa.check import pdfa_findings, refuse_new_findings
from signing.formats.pdf.pdfa.claim import read_claim
from signing.formats.pdf.repeated import find_further_spots, write_further_marks
from signing.formats.pdf.signed_fields import SignedField, certification_level, signed_fields
from signing.formats.pdf.spots import SearchedDocument, Spot, find_spot, spot_of_field
from signing.formats.pdf.structure import as_refusal, check_whole, entry, open_strictly, resolved
from signing.formats.pdf.target_field import OfferedSignature, find_empty_field, refuse_locked
from signing.model import Certification, FieldLock, InField, Invisible, Placement, Rectangle

# Shown by every viewer beside a signature, so it is the wall clock of the city and not the server's.
VIETNAM_TIME = timezone(timedelta(hours=7))
_LOCK_ACTIONS = {
    "all": FieldMDPAction.ALL,
    "include": FieldMDPAction.INCLUDE,
    "exclude": FieldMDPAction.EXCLUDE,
}


@dataclass(frozen=True)
class PdfSignatureOrder:
    """What one signature is to look like in the file.

    Attributes:
        image_png, stamp: One of them is needed unless the placement is Invisible; a stamp goes before a picture.
        claimed_at: Aware time for /M.
        bytes_reserved: Room for the CMS in bytes (the file holds twice as many, in hex).
        certification, lock: As in SigningProfile.
        stamped: A time-stamp will stand in the signature.
        certificate_der, chain_ders: The signer's, for fields that demand a certain one.
        password: What opens the file, if it is encrypted.
    """

    placement: Placement
    signer_name: str
    claimed_at: datetime
    digest_algorithm: str
    bytes_reserved: int
    image_png: bytes | None = None
    stamp: DrawnStamp | None = None
    reason: str | None = None
    certification: Certification | None = None
    lock: FieldLock | None = None
    stamped: bool = False
    certificate_der: bytes | None = None
    chain_ders: tuple[bytes, ...] = ()
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PreparedRevision:
    """A file that waits for its CMS.

    Attributes:
        digest: Over everything but the gap.
        gap_start, gap_end: Offsets of the gap: its "<", and the byte after its ">".
        rectangle: In the page's own coordinates; None when invisible.
    """

    path: Path
    digest: bytes
    digest_algorithm: str
    gap_start: int
    gap_end: int
    field_name: str
    page_index: int | None
    rectangle: Rectangle | None


@dataclass(frozen=True)
class _Target:
    """The field that is signed, and the mark that it shows.

    Attributes:
        exists: It is a field of the document's own.
        lock, level: What the signature forbids afterwards: to form fields, and to the whole document.
        further: Where its mark is repeated.
    """

    field_name: str
    exists: bool
    spot: Spot[Mark] | None
    lock: FieldMDPSpec | None
    level: int | None
    further: tuple[Spot[Mark], ...] = ()


def prepare_pdf(source: Path, target: Path, order: PdfSignatureOrder) -> PreparedRevision:
    """Copy source to target and append one revision: field, picture, and a signature with an empty gap.

    The source's bytes stay as they are, so earlier signatures hold. Whatever fails, target is removed.

    Raises:
        DocumentNotSignable: One of its kinds says why the file cannot be signed.
        PlacementError: One of its kinds says why the picture finds no place.
        PictureUnusable: The picture is missing or bad.
    """
    try:
        shutil.copyfile(source, target)
        with target.open("r+b") as stream:
            reader = open_strictly(stream, order.password)
            page_count = check_whole(reader, target, order.password)
            fields = signed_fields(reader)
            chosen = _choose(reader, SearchedDocument(target, page_count, fields, order.password), order)
            _refuse_certified(reader, fields, order, adds_mark=chosen.spot is not None and not chosen.exists)
            claim = read_claim(reader)
            before = None if claim is None else pdfa_findings(reader, claim)
            prepared = _write_revision(reader, target, order, chosen, masked=claim is not None and claim.part == 1)
            if claim is not None and before is not None:
                stream.seek(0)
                refuse_new_findings(before, claim, open_strictly(stream, order.password))
            return prepared
    except SigningError:
        target.unlink(missing_ok=True)
        raise
    except Exception as error:
        target.unlink(missing_ok=True)
        raise as_refusal(error) from error


def _choose(reader: PdfFileReader, searched: SearchedDocument, order: PdfSignatureOrder) -> _Target:
    lock = None if order.lock is None else FieldMDPSpec(_LOCK_ACTIONS[order.lock.action], list(order.lock.fields))
    lent = _lent_place(reader, searched, order)
    if lent is not None or not isinstance(order.placement, InField):
        name = free_field_name(reader, "Signature")
        refuse_locked(reader, name)
        spot, further = (lent, ()) if lent is not None else _find_spots(reader, searched, order)
        return _Target(name, False, spot, lock, order.certification, further)
    offered = OfferedSignature(
        digest_algorithm=order.digest_algorithm,
        certificate_der=order.certificate_der,
        chain_ders=order.chain_ders,
        reason=order.reason,
        stamped=order.stamped,
        certification=order.certification,
    )
    found = find_empty_field(reader, order.placement.field_name, offered)
    spot = None
    if found.page_index is not None and found.rectangle is not None:
        mark = make_mark(order.image_png, order.stamp)
        spot = spot_of_field(searched, found.page_index, found.rectangle, mark)
    return _Target(found.name, True, spot, found.lock or lock, order.certification or found.lock_level)


def _refuse_certified(
    reader: PdfFileReader, fields: list[SignedField], order: PdfSignatureOrder, *, adds_mark: bool
) -> None:
    if order.certification is not None and fields:
        raise CertificationNotFirst("the document carries a signature, and only the first one can certify")
    level = certification_level(reader)
    if level == 1:
        raise DocumentCertifiedAgainstChanges("a certification signature forbids any change")
    if level is not None and adds_mark:
        # Viewers and validators accept a new invisible field after certification, but no new mark on a page.
        raise DocumentCertifiedAgainstChanges("a certification signature forbids new visible fields")


def free_field_name(reader: PdfFileReader, stem: str) -> str:
    """Return stem with the first number that no field of the form carries."""
    form = entry(reader.root, "/AcroForm")
    taken = {entry(field, "/T") for field in resolved(entry(form, "/Fields"))}
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _lent_place(reader: PdfFileReader, searched: SearchedDocument, order: PdfSignatureOrder) -> Spot[Mark] | None:
    """Return the place of a field that is not for signatures; None where the placement names no such field."""
    if not isinstance(order.placement, InField):
        return None
    name = order.placement.field_name
    field = find_form_field(reader, name)
    if field is None or field.kind == "/Sig":
        return None
    if field.page_index is None or field.rectangle is None:
        raise FieldMissing(f"the field {name!r} stands on no page")
    if field.filled:
        raise PlacementCoversText(f"the field {name!r} is filled in, and the signature would cover it")
    return spot_of_field(searched, field.page_index, field.rectangle, make_mark(order.image_png, order.stamp))


def _find_spots(
    reader: PdfFileReader, searched: SearchedDocument, order: PdfSignatureOrder
) -> tuple[Spot[Mark] | None, tuple[Spot[Mark], ...]]:
    if isinstance(order.placement, Invisible | InField):
        return None, ()
    mark = make_mark(order.image_png, order.stamp)
    spot = find_spot(searched, order.placement, mark)
    further = find_further_spots(searched, order.placement, mark, spot)
    if spot.new_page is None and not further:
        return spot, ()
    if searched.fields or certification_level(reader) is not None:
        if further:
            raise StampNotRepeatable("the document is signed already, and marks on further pages would break that")
        raise PageNotAddable("the document is signed already, and a new page would break those signatures")
    return spot, further


def _write_revision(
    reader: PdfFileReader, target: Path, order: PdfSignatureOrder, chosen: _Target, *, masked: bool
) -> PreparedRevision:
    writer = IncrementalPdfFileWriter.from_reader(reader)
    spot = chosen.spot
    if spot is not None and spot.new_page is not None:
        add_page(writer, spot.new_page)
    # pyHanko says whole numbers and takes any: a page's points have parts.
    box: Any = dataclasses.astuple(spot.rectangle) if spot else None
    embedder = PdfCMSEmbedder(SigFieldSpec(chosen.field_name, on_page=spot.page_index if spot else 0, box=box))
    steps = embedder.write_cms(chosen.field_name, writer, existing_fields_only=chosen.exists)
    signed_field = next(steps).get_object()
    if spot:
        marks = MarkWriter(writer, spot.mark, masked=masked)
        annotation = get_single_field_annot(signed_field)
        annotation["/AP"] = dictionary({"/N": marks.appearance(spot)})
        writer.update_container(annotation)
        write_further_marks(writer, marks, chosen.further, f"{order.signer_name}: {chosen.field_name}")
    placeholder = SignatureObject(
        timestamp=order.claimed_at.astimezone(VIETNAM_TIME),
        subfilter=SigSeedSubFilter.PADES,
        name=order.signer_name,
        reason=order.reason,
        bytes_reserved=2 * order.bytes_reserved,
    )
    steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=_mdp_setup(order, chosen)))
    prepared, stream = steps.send(SigIOSetup(md_algorithm=order.digest_algorithm, in_place=True))
    stream.flush()
    return PreparedRevision(
        path=target,
        digest=prepared.document_digest,
        digest_algorithm=order.digest_algorithm,
        gap_start=prepared.reserved_region_start,
        gap_end=prepared.reserved_region_end,
        field_name=chosen.field_name,
        page_index=spot.page_index if spot else None,
        rectangle=spot.rectangle if spot else None,
    )


def _mdp_setup(order: PdfSignatureOrder, chosen: _Target) -> SigMDPSetup | None:
    if chosen.lock is None and chosen.level is None:
        return None
    return SigMDPSetup(
        order.digest_algorithm,
        certify=order.certification is not None,
        field_lock=chosen.lock,
        docmdp_perms=None if chosen.level is None else MDPPerm(chosen.level),
    )
