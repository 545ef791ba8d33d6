"""This PDF cannot be given a signature."""

from signing.errors import SigningError


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


class DocumentBeyondRepair(DocumentNotSignable):
    """Too little of the damaged PDF can be read."""

    code = "document-beyond-repair"


class RepairWouldBreakSignatures(DocumentNotSignable):
    """The damaged PDF carries a signature, which a file written anew would lose."""

    code = "repair-would-break-signatures"


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
    """The document has no field of the name that is to be signed or filled."""

    code = "field-missing"


class FieldNotAddable(DocumentNotSignable):
    """The document is signed already, and a new text field would break those signatures."""

    code = "field-not-addable"


class FieldAlreadyFilled(DocumentNotSignable):
    """The text field holds a text already, which is not written over."""

    code = "field-already-filled"


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


class PdfaNotKept(DocumentNotSignable):
    """The document says that it is PDF/A, and with this signature it would no longer be."""

    code = "pdfa-not-kept"
