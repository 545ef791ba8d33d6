"""A signature file, a container or what lies in them cannot be signed, or not so."""

from signing.errors.documents import DocumentNotSignable


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
