"""Which field a signature goes into, and what the document's own fields and earlier signatures demand of it."""

from dataclasses import dataclass, replace
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPSpec,
    SeedLockDocument,
    SigCertConstraintFlags,
    SigCertConstraints,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
    enumerate_sig_fields,
)
from pyhanko.sign.general import UnacceptableSignerError

from signing.errors.documents import FieldAlreadySigned, FieldLocked, FieldMissing, SeedValueNotMet
from signing.formats.pdf.signed_fields import widget_place
from signing.formats.pdf.structure import entry, resolved
from signing.model import Certification, Rectangle


@dataclass(frozen=True)
class OfferedSignature:
    """What the signature will be, as far as a field may make demands.

    Attributes:
        chain_ders: The certificates above the signer's.
    """

    digest_algorithm: str
    certificate_der: bytes | None
    chain_ders: tuple[bytes, ...]
    reason: str | None
    stamped: bool
    certification: Certification | None


@dataclass(frozen=True)
class EmptyField:
    """A signature field of the document's own that nobody has signed.

    Attributes:
        page_index: From 0; None where it stands on no page.
        rectangle: In the page's own coordinates; None when it shows nothing.
        lock: Fields that whoever signs here has to lock, or None.
        lock_level: What the lock lets others do afterwards to the whole document (PDF 2.0), or None.
    """

    name: str
    page_index: int | None
    rectangle: Rectangle | None
    lock: FieldMDPSpec | None
    lock_level: int | None


def find_empty_field(reader: PdfFileReader, name: str, offered: OfferedSignature) -> EmptyField:
    """Return the unsigned signature field of a name.

    Raises:
        FieldMissing, FieldAlreadySigned, FieldLocked: As they say.
        SeedValueNotMet: Its seed value dictionary demands what the signature will not have.
    """
    field_name, value, reference = next(iter(enumerate_sig_fields(reader, with_name=name)), (None, None, None))
    if field_name is None or reference is None:
        raise FieldMissing(f"the document has no signature field named {name!r}")
    if value is not None:
        raise FieldAlreadySigned(f"the field {name!r} holds a signature already")
    refuse_locked(reader, name)
    field: Any = reference.get_object()
    get_single_field_annot(field)
    seed = entry(field, "/SV")
    if seed is not None:
        read: Any = SigSeedValueSpec.from_pdf_object
        _check_seed_value(read(seed), offered)
    page_index, rectangle = widget_place(reader, reference)
    lock = entry(field, "/Lock")
    level = entry(lock, "/P")
    return EmptyField(
        name, page_index, rectangle, FieldMDPSpec.from_pdf_object(lock) if lock else None, int(level) if level else None
    )


def refuse_locked(reader: PdfFileReader, name: str) -> None:
    """Refuse a field that an earlier signature's FieldMDP locks, there already or still to be made.

    Raises:
        FieldLocked: It does.
    """
    value: Any
    for signed_name, value, _ in enumerate_sig_fields(reader, filled_status=True):
        for reference in resolved(entry(value.get_object(), "/Reference")):
            if entry(reference, "/TransformMethod") != "/FieldMDP":
                continue
            if FieldMDPSpec.from_pdf_object(entry(reference, "/TransformParams")).is_locked(name):
                raise FieldLocked(f"the signature in {signed_name!r} locks the field {name!r}")


def _check_seed_value(seed: SigSeedValueSpec, offered: OfferedSignature) -> None:
    """Hold a field's demands against the signature. Source: ISO 32000-2:2020, table 237; only its flags are binding."""
    flags = seed.flags
    demands = {
        "another format of signature": bool(flags & SigSeedValFlags.SUBFILTER)
        and SigSeedSubFilter.PADES not in (seed.subfilters or ()),
        "another digest algorithm": bool(flags & SigSeedValFlags.DIGEST_METHOD)
        and offered.digest_algorithm not in [name.lower().replace("-", "") for name in seed.digest_methods or ()],
        "a reason from its own list": bool(flags & SigSeedValFlags.REASONS) and not _reason_fits(seed, offered.reason),
        "a time-stamp": seed.timestamp_required and not offered.stamped,
        "revocation answers inside the signature": bool(flags & SigSeedValFlags.ADD_REV_INFO)
        and bool(seed.add_rev_info),
        "a statement of legal attestation": bool(flags & SigSeedValFlags.LEGAL_ATTESTATION),
        "an appearance of its own": bool(flags & SigSeedValFlags.APPEARANCE_FILTER),
        "that the document is locked": bool(flags & SigSeedValFlags.LOCK_DOCUMENT)
        and seed.lock_document is SeedLockDocument.LOCK
        and offered.certification is not Certification.NO_CHANGES,
        "another kind of signature": not _kind_fits(seed, offered.certification),
        "another signer": not _signer_fits(seed.cert, offered),
    }
    unmet = [words for words, missing in demands.items() if missing]
    if unmet:
        raise SeedValueNotMet(f"the field demands {', '.join(unmet)}")


def _reason_fits(seed: SigSeedValueSpec, reason: str | None) -> bool:
    reasons = seed.reasons or []
    if reasons in ([], ["."]):
        return reason is None
    return reason in reasons


def _kind_fits(seed: SigSeedValueSpec, certification: Certification | None) -> bool:
    kind = seed.seed_signature_type
    if kind is None:
        return True
    if not kind.certification_signature():
        return certification is None
    return certification is not None and (kind.mdp_perm is None or kind.mdp_perm.value == certification.value)


def _signer_fits(wanted: SigCertConstraints | None, offered: OfferedSignature) -> bool:
    if wanted is None or not wanted.flags:
        return True
    if offered.certificate_der is None or wanted.flags & SigCertConstraintFlags.UNSUPPORTED:
        return False
    if wanted.flags & SigCertConstraintFlags.ISSUER and wanted.issuers is not None:
        if not {issuer.dump() for issuer in wanted.issuers} & set(offered.chain_ders):
            return False
        wanted = replace(wanted, issuers=None)
    try:
        wanted.satisfied_by(x509.Certificate.load(offered.certificate_der), None)
    except UnacceptableSignerError:
        return False
    return True
