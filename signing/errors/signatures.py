"""The signature itself cannot be made as asked."""

from signing.errors import SigningError


class ResultUnsound(SigningError):
    """Our own check does not find in the finished file what was asked for; the file was not kept."""

    code = "result-unsound"


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
