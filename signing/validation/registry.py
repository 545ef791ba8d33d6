"""Which validation a file gets, by what it is: a new format is one line here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from signing.formats.sniff import SignedFormat, sniff_format
from signing.validation.asic import collect_asic_needs, validate_asic
from signing.validation.cades import collect_cades_needs, validate_cades
from signing.validation.document import collect_evidence_needs, validate_pdf
from signing.validation.jades import collect_jades_needs, validate_jades
from signing.validation.policy import ValidationPolicy
from signing.validation.report import EvidenceNeeds, ValidationReport
from signing.validation.xml_document import collect_xades_needs, validate_xades

Contents = Mapping[str, Path]
Needs = Callable[[Path, tuple[bytes, ...]], EvidenceNeeds]
_NEEDS: Mapping[SignedFormat, Needs] = {
    SignedFormat.CADES: collect_cades_needs,
    SignedFormat.XADES: collect_xades_needs,
    SignedFormat.JADES: collect_jades_needs,
    SignedFormat.ASIC: collect_asic_needs,
}


def validate_signed_file(path: Path, contents: Contents, policy: ValidationPolicy, at: datetime) -> ValidationReport:
    """Validate every signature in a file of any format; what is none of ours is read as a PDF, and so unreadable.

    Args:
        contents: The files that a detached signature signs, by the names under which they are signed. A signature of
            CAdES knows no names: it takes the only one.
        policy: Anchors and evidence. Nothing is fetched.
        at: Validation time, aware.
    Raises:
        OSError: A file cannot be read from disk.
        MemoryError: The limit of this process does not suffice.
    """
    found = sniff_format(path)
    if found is SignedFormat.CADES:
        return validate_cades(path, next(iter(contents.values())) if len(contents) == 1 else None, policy, at)
    if found is SignedFormat.XADES:
        return validate_xades(path, contents, policy, at)
    if found is SignedFormat.JADES:
        return validate_jades(path, contents, policy, at)
    if found is SignedFormat.ASIC:
        return validate_asic(path, policy, at)
    return validate_pdf(path, policy, at)


def collect_needs(path: Path, anchor_ders: tuple[bytes, ...] = ()) -> EvidenceNeeds:
    """Return whose status must be asked before validate_signed_file can judge by it. Offline, for the child process."""
    found = sniff_format(path)
    needs = collect_evidence_needs if found is None else _NEEDS.get(found, collect_evidence_needs)
    return needs(path, anchor_ders)
