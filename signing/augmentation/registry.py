"""Which formats can be raised, and by what: a new format is one line here."""

from collections.abc import Mapping
from pathlib import Path

from signing.augmentation.asic_xades import augment_container
from signing.augmentation.base import AugmentationTools, Augmenter
from signing.augmentation.cades import augment_cades
from signing.augmentation.jades import augment_jades
from signing.augmentation.pades import augment_pdf
from signing.augmentation.xades import augment_xades
from signing.errors.evidence import AugmentationLevelUnknown, FormatNotAugmentable
from signing.formats.sniff import SignedFormat, sniff_format
from signing.model import Level

AUGMENTERS: Mapping[SignedFormat, Augmenter] = {
    SignedFormat.PADES: augment_pdf,
    SignedFormat.CADES: augment_cades,
    SignedFormat.ASIC: augment_container,
    SignedFormat.XADES: augment_xades,
    SignedFormat.JADES: augment_jades,
}


def augment(
    source: Path, target: Path, level: Level, tools: AugmentationTools, content: Path | None = None
) -> SignedFormat:
    """Raise every signature of a file to a level; see Augmenter. Returns the format that the file has.

    Args:
        content: The signed file of a detached CAdES signature, which B-LTA needs.
    Raises:
        FormatNotAugmentable: The file is of no format that can be raised.
        AugmentationLevelUnknown: B-B is what every signature has.
    """
    if level is Level.B_B:
        raise AugmentationLevelUnknown("signatures are raised to B-T, B-LT or B-LTA")
    found = sniff_format(source)
    augmenter = AUGMENTERS.get(found) if found is not None else None
    if found is None or augmenter is None:
        raise FormatNotAugmentable(f"files of the format {found or 'unknown'} cannot be raised")
    try:
        if found is SignedFormat.CADES:
            augment_cades(source, target, level, tools, content)
        else:
            augmenter(source, target, level, tools)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return found
