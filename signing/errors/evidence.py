"""What keeps a signature provable for longer could not be had."""

from signing.errors import SigningError


class MaterialError(SigningError):
    """Base: what a later validation needs could not be put together."""

    code = "validation-material"


class MaterialUnavailable(MaterialError):
    """Nobody could say whether a certificate on a path was revoked; it may be tried again."""

    code = "validation-material-unavailable"


class MaterialNotSound(MaterialError):
    """A signer's or time-stamping authority's certificate is not trusted, expired or revoked."""

    code = "validation-material-not-sound"


class AugmentationError(SigningError):
    """Base: the signatures in a file cannot be raised to the level asked for."""

    code = "augmentation"


class FormatNotAugmentable(AugmentationError):
    """The file is of no format whose signatures can be raised."""

    code = "format-not-augmentable"


class AugmentationLevelUnknown(AugmentationError):
    """Signatures are raised to B-T, B-LT or B-LTA, and to no other level."""

    code = "augmentation-level-unknown"


class NothingToAugment(AugmentationError):
    """The file carries no signature."""

    code = "nothing-to-augment"


class AlreadyAtLevel(AugmentationError):
    """Every signature in the file has the level asked for, or a higher one."""

    code = "already-at-level"


class SignatureBroken(AugmentationError):
    """A signature in the file does not hold: raising it would only keep its fault for longer."""

    code = "signature-broken"


class AugmentationNotGood(AugmentationError):
    """Our own validation does not find the raised signatures good at the level asked for; the result was not kept."""

    code = "augmentation-not-good"


class NotArchived(AugmentationError):
    """The document's newest signature is not covered by an archive time-stamp that could be followed by another."""

    code = "not-archived"
