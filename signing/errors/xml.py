"""This XML cannot be given a signature."""

from signing.errors.documents import DocumentNotSignable


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
