"""The visible signature cannot be made or finds no place."""

from signing.errors import SigningError


class PlacementError(SigningError):
    """Base: the visible signature finds no place."""

    code = "placement"


class PlacementInvalid(PlacementError):
    """A placement is not written as it must be."""

    code = "placement-invalid"


class AnchorNotFound(PlacementError):
    """The text that should mark the place is not in the document."""

    code = "anchor-not-found"


class AnchorSignatureNotFound(PlacementError):
    """The signature that this one should stand over is missing or invisible."""

    code = "anchor-signature-not-found"


class PlacementTooTight(PlacementError):
    """Between the two texts there is no room for a picture that covers neither."""

    code = "placement-too-tight"


class PageNotFound(PlacementError):
    """The placement names a page that the document does not have, or a rectangle outside that page."""

    code = "page-not-found"


class PictureUnusable(SigningError):
    """The picture of the handwriting or seal is missing, too large, or not a PNG."""

    code = "picture-unusable"


class PlacementCoversText(PlacementError):
    """The stamp would stand on text, which the placement forbids."""

    code = "placement-covers-text"


class PageNotAddable(PlacementError):
    """A page for the stamp cannot be added: an earlier signature or the file's own rules forbid it."""

    code = "page-not-addable"


class StampNotRepeatable(PlacementError):
    """Marks on further pages cannot be added: an earlier signature would no longer hold."""

    code = "stamp-not-repeatable"


class StampTextMissing(SigningError):
    """The stamp needs a text that the request did not give."""

    code = "stamp-text-missing"


class StampTextInvalid(SigningError):
    """A text for the stamp that it cannot show."""

    code = "stamp-text-invalid"
