"""What can go wrong while signing: each error names one fact and carries a stable code, never a secret.

Every error takes one plain message (a time-stamp's also a reason), so that it crosses process boundaries as it is.
"""

from typing import ClassVar


class SigningError(Exception):
    """Base of every error that signing raises on purpose."""

    code: ClassVar[str] = "signing"


class DocumentNotSignable(SigningError):
    """Base: this file cannot be given a signature; another file is needed."""

    code = "document-not-signable"


class DocumentEmpty(DocumentNotSignable):
    """The file has no bytes."""

    code = "document-empty"


class DocumentNotPdf(DocumentNotSignable):
    """The file does not begin as a PDF does."""

    code = "document-not-pdf"


class DocumentUnreadable(DocumentNotSignable):
    """The PDF is damaged: truncated, altered, or not built as ISO 32000 demands."""

    code = "document-unreadable"


class DocumentEncrypted(DocumentNotSignable):
    """The PDF opens only with a password."""

    code = "document-encrypted"


class DocumentRestricted(DocumentNotSignable):
    """The PDF opens without a password, but an owner's password protects it against changes."""

    code = "document-restricted"


class DocumentCertifiedAgainstChanges(DocumentNotSignable):
    """An earlier certification signature forbids what this signature would add."""

    code = "document-certified-against-changes"


class CertificationNotFirst(DocumentNotSignable):
    """A certification signature must be the first one, and the document carries a signature already."""

    code = "certification-not-first"


class FieldMissing(DocumentNotSignable):
    """The document has no signature field of the name that is to be signed."""

    code = "field-missing"


class FieldAlreadySigned(DocumentNotSignable):
    """The signature field that is to be signed holds a signature already."""

    code = "field-already-signed"


class FieldLocked(DocumentNotSignable):
    """An earlier signature locked the field that is to be signed."""

    code = "field-locked"


class SeedValueNotMet(DocumentNotSignable):
    """The signature field demands something that this signature does not have (its seed value dictionary)."""

    code = "seed-value-not-met"


class DocumentDynamicForm(DocumentNotSignable):
    """The PDF is a dynamic XFA form: its pages exist only in the viewer, so no one can see what would be signed."""

    code = "document-dynamic-form"


class DocumentTooComplex(DocumentNotSignable):
    """Reading the PDF would cost more than one document may."""

    code = "document-too-complex"


class SignatureFileUnreadable(DocumentNotSignable):
    """What should be a signature file (CMS, JWS) or a container of them is damaged or something else."""

    code = "signature-file-unreadable"


class SignatureNotFound(DocumentNotSignable):
    """The file holds no signature, or not the one that was named."""

    code = "signature-not-found"


class SignedContentMissing(DocumentNotSignable):
    """The signature is detached, and the file that it signs was not given."""

    code = "signed-content-missing"


class SignedContentDiffers(DocumentNotSignable):
    """The file given is not the one that the signature signs, or a signature there no longer holds."""

    code = "signed-content-differs"


class XmlUnreadable(DocumentNotSignable):
    """The file is no XML, is damaged, or is in an encoding that we do not write into."""

    code = "xml-unreadable"


class XmlForbidden(DocumentNotSignable):
    """The XML has a document type declaration: with it, entities could say something else to another reader."""

    code = "xml-forbidden"


class XmlTooLarge(DocumentNotSignable):
    """The XML is larger, deeper or fuller than one document may be."""

    code = "xml-too-large"


class XmlReferenceUnsound(DocumentNotSignable):
    """What is to be signed is not in the XML, or several elements go by that identifier."""

    code = "xml-reference-unsound"


class XmlPlaceNotFound(DocumentNotSignable):
    """The place where the signature should stand is not in the XML, or there are several."""

    code = "xml-place-not-found"


class XmlTransformUnsupported(DocumentNotSignable):
    """A signature in the XML uses a transform or canonicalisation that this system does not compute."""

    code = "xml-transform-unsupported"


class EarlierSignatureBroken(DocumentNotSignable):
    """A signature that is in the file already does not hold; one more beside it would lend it weight."""

    code = "earlier-signature-broken"


class EarlierSignatureWouldBreak(DocumentNotSignable):
    """A signature that is in the file already covers the place where the new one would stand."""

    code = "earlier-signature-would-break"


class ContainerUnsafe(DocumentNotSignable):
    """A container is built so that it could harm whoever unpacks it, or hide something."""

    code = "container-unsafe"


class ContainerNameUnusable(DocumentNotSignable):
    """A file's name cannot stand in a container: it would mean different places on different systems."""

    code = "container-name-unusable"


class ContainerFilesUnfit(DocumentNotSignable):
    """The files given do not make a container: none, too many, or several where one is allowed."""

    code = "container-files-unfit"


class PackagingUnfit(DocumentNotSignable):
    """The format asked for is unknown, or does not offer the packaging asked for."""

    code = "packaging-unfit"


class SerialisationUnfit(DocumentNotSignable):
    """The form of JSON signature asked for has no place for the level or the further signature."""

    code = "serialisation-unfit"


class PayloadTooLarge(DocumentNotSignable):
    """The file is too large to stand inside a JSON signature; it can be signed beside it."""

    code = "payload-too-large"


class ResultUnsound(SigningError):
    """Our own check does not find in the finished file what was asked for; the file was not kept."""

    code = "result-unsound"


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


class StampTextMissing(SigningError):
    """The stamp needs a text that the request did not give."""

    code = "stamp-text-missing"


class StampTextInvalid(SigningError):
    """A text for the stamp that it cannot show."""

    code = "stamp-text-invalid"


class ProfileUnusable(SigningError):
    """A signing profile's file has a fault."""

    code = "signing-profile-unusable"


class AlgorithmNotAllowed(SigningError):
    """The certificate's key is of a kind or size that our policy does not sign with."""

    code = "algorithm-not-allowed"


class SignatureDoesNotFit(SigningError):
    """The finished CMS is larger than the gap that was left for it."""

    code = "signature-does-not-fit"


class RevisionAltered(SigningError):
    """The prepared file is not the original followed by exactly one revision with an empty gap."""

    code = "revision-altered"


class KeySourceError(SigningError):
    """Base: the private key could not be used."""

    code = "key-source"


class KeySourceUriInvalid(KeySourceError):
    """The address of a key source cannot be read."""

    code = "key-source-uri-invalid"


class KeySourceNotServedYet(KeySourceError):
    """The key lies at a desk or with a remote service, and this version has nothing that reaches it there."""

    code = "key-source-not-served-yet"


class PinIncorrect(KeySourceError):
    """The token or key file refused the PIN. It is never tried again by itself, because tokens lock."""

    code = "pin-incorrect"


class PinLocked(KeySourceError):
    """The token has locked the PIN after wrong tries; its issuer must unlock it."""

    code = "pin-locked"


class TokenAbsent(KeySourceError):
    """The token is not plugged in, or the key file is not there."""

    code = "token-absent"


class KeyNotFound(KeySourceError):
    """The token holds no such private key, or several under one name."""

    code = "key-not-found"


class KeySourceTimedOut(KeySourceError):
    """The key source gave no answer within its time."""

    code = "key-source-timed-out"


class KeySourceUnavailable(KeySourceError):
    """The key source failed: its module cannot be loaded, crashed, or reports a fault of its own."""

    code = "key-source-unavailable"


class SignatureValueWrong(KeySourceError):
    """The value that the key source returned does not verify against the signing certificate."""

    code = "signature-value-wrong"


class TimestampError(SigningError):
    """Base: no time-stamp was had."""

    code = "timestamp"


class TimestampUnavailable(TimestampError):
    """The authority did not answer properly within its time; it may later."""

    code = "timestamp-unavailable"


class TimestampRefused(TimestampError):
    """The authority answered that it will not stamp this request."""

    code = "timestamp-refused"


class TimestampNotTrustworthy(TimestampError):
    """The authority's answer is not what was asked for or cannot be trusted.

    Attributes:
        reason: unreadable | nonce | imprint | usage | signature | untrusted | time | policy.
    """

    code = "timestamp-not-trustworthy"

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message, reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[0])


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


DOCUMENT_PROBLEMS: dict[str, type[DocumentNotSignable]] = {
    error.code: error
    for error in (
        DocumentEmpty,
        DocumentNotPdf,
        DocumentUnreadable,
        DocumentEncrypted,
        DocumentRestricted,
        DocumentCertifiedAgainstChanges,
        CertificationNotFirst,
        FieldMissing,
        FieldAlreadySigned,
        FieldLocked,
        SeedValueNotMet,
        DocumentDynamicForm,
        DocumentTooComplex,
        SignatureFileUnreadable,
        SignatureNotFound,
        SignedContentMissing,
        SignedContentDiffers,
        ContainerUnsafe,
        ContainerNameUnusable,
        ContainerFilesUnfit,
        PackagingUnfit,
        SerialisationUnfit,
        PayloadTooLarge,
    )
}
