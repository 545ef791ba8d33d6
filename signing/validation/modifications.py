"""What was added after a signature, and whether a signed document allows it."""

from mmap import mmap

from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.validation.byte_range import RawSignature
from signing.validation.hostile import attempt
from signing.validation.report import Modifications

WHITE_SPACE = b"\0\t\n\f\r "
TAIL_MAX_SIZE_BYTES = 1_000


def judge_modifications(
    data: mmap | bytes, raw: RawSignature, embedded: EmbeddedPdfSignature | None
) -> tuple[Modifications, bool]:
    """Compare what follows a signature with the revision it signs. The byte range is known to be sound.

    Returns:
        The judgement, and whether the signature covers the file to its last byte.
    Source: ISO 32000-2:2020, 12.8.2.2 (DocMDP); Mainka et al., NDSS 2021 (shadow attacks).
    """
    if raw.end == len(data):
        return Modifications.NONE, True
    if embedded is None:
        return Modifications.UNCLEAR, False
    return attempt(lambda: _compare(data, raw, embedded), Modifications.UNCLEAR), False


def _compare(data: mmap | bytes, raw: RawSignature, embedded: EmbeddedPdfSignature) -> Modifications:
    coverage = embedded.evaluate_signature_coverage()
    # The library's own types call this attribute None, yet evaluate_modifications reads it.
    setattr(embedded, "coverage", coverage)  # noqa: B010
    if coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return Modifications.NOT_PERMITTED
    if embedded.signed_revision == embedded.reader.xrefs.total_revisions - 1:
        # No later revision explains what follows.
        tail = data[raw.end : raw.end + TAIL_MAX_SIZE_BYTES]
        blank = raw.end + len(tail) == len(data) and not tail.strip(WHITE_SPACE)
        return Modifications.NONE if blank else Modifications.NOT_PERMITTED
    result = embedded.evaluate_modifications(DEFAULT_DIFF_POLICY)
    if isinstance(result, SuspiciousModification):
        return Modifications.NOT_PERMITTED
    level, allowed = result.modification_level, embedded.docmdp_level
    if level is ModificationLevel.NONE:
        return Modifications.NONE
    if level is ModificationLevel.OTHER or (allowed is not None and level.value > allowed.value):
        return Modifications.NOT_PERMITTED
    return Modifications.PERMITTED
