"""The private key could not be used."""

from signing.errors import SigningError


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
