"""Errors that certs raises on purpose: each names one fact about a certificate, its path or its status."""

from typing import ClassVar


class CertsError(Exception):
    """Base of every error that certs raises on purpose."""

    code: ClassVar[str] = "certs"


class CertificateUnreadable(CertsError):
    """The bytes are not one DER X.509 certificate."""

    code = "certificate-unreadable"


class CertificateUnknown(CertsError):
    """No certificate of this unit has that id."""

    code = "certificate-unknown"


class CertificateAlreadyKept(CertsError):
    """The unit already has this very certificate."""

    code = "certificate-already-kept"


class CertificateNotFound(CertsError):
    """None of the caller's certificates has that id."""

    code = "certificate-not-found"


class CertificateNotForProfile(CertsError):
    """The certificate may not be used for this signing profile."""

    code = "certificate-not-for-profile"


class ReleaseNeedsSecondPerson(CertsError):
    """A hold that a person decided must be lifted by another one."""

    code = "release-needs-second-person"


class CertificateStateConflict(CertsError):
    """The certificate's state does not allow this change."""

    code = "certificate-state-conflict"


class AnchorUnknown(CertsError):
    """No trust anchor has that id."""

    code = "anchor-unknown"


class AnchorFingerprintWrong(CertsError):
    """The fingerprint given is not the anchor's: the second person looked at another certificate."""

    code = "anchor-fingerprint-wrong"


class AnchorNeedsSecondPerson(CertsError):
    """A trust anchor must be confirmed by another person than the one who installed it."""

    code = "anchor-needs-second-person"


class CertificateExpired(CertsError):
    """The certificate's validity period is over."""

    code = "certificate-expired"


class CertificateNotYetValid(CertsError):
    """The certificate's validity period has not begun."""

    code = "certificate-not-yet-valid"


class CertificateRevoked(CertsError):
    """The certificate, or a CA above it, was revoked."""

    code = "certificate-revoked"


class CertificateNotTrusted(CertsError):
    """No sound path leads from the certificate to an installed trust anchor."""

    code = "certificate-not-trusted"


class CertificateNotForSigning(CertsError):
    """The certificate's key usage, purpose or algorithm does not allow document signatures."""

    code = "certificate-not-for-signing"


class CertificateWithdrawn(CertsError):
    """The unit withdrew the certificate from use."""

    code = "certificate-withdrawn"


class RevocationUnknown(CertsError):
    """Nobody could say in time whether the certificate is revoked; trying later may help."""

    code = "revocation-unknown"


class KeySourceHeld(CertsError):
    """The certificate's key is on hold (a wrong PIN, a removed token, an operator's decision)."""

    code = "key-source-held"


class AddressNotAllowed(CertsError):
    """An address taken from a certificate may not be called from here."""

    code = "address-not-allowed"


class FetchFailed(CertsError):
    """An address did not give a usable answer within the limits of time and size."""

    code = "fetch-failed"


class AlgorithmTableUnusable(CertsError):
    """The operator's table of algorithms has a fault."""

    code = "algorithm-table-unusable"


class AlgorithmRefused(CertsError):
    """The certificate, or one above it, uses an algorithm or key size that is no longer acceptable."""

    code = "algorithm-refused"


class TrustedListMalformed(CertsError):
    """The file is not a trusted list of a version that is known here, or parts of it cannot be read."""

    code = "trusted-list-malformed"


class TrustedListNotSigned(CertsError):
    """The list has no signature that holds over the whole of it."""

    code = "trusted-list-not-signed"


class TrustedListSignerUnknown(CertsError):
    """The list is signed by someone who may not sign it."""

    code = "trusted-list-signer-unknown"


class TrustedListExpired(CertsError):
    """The list is overdue for its next update, or from the future."""

    code = "trusted-list-expired"


class TrustedListNotNewer(CertsError):
    """The list is not newer than the one in force."""

    code = "trusted-list-not-newer"


class TrustedListWrongScheme(CertsError):
    """The list belongs to another scheme than the one that it was to replace."""

    code = "trusted-list-wrong-scheme"


class TrustedListUnknown(CertsError):
    """No trusted list has that id."""

    code = "trusted-list-unknown"


class TrustedListStateConflict(CertsError):
    """The list's state does not allow this."""

    code = "trusted-list-state-conflict"


class FingerprintWrong(CertsError):
    """The fingerprint given is another certificate's; nothing was confirmed."""

    code = "fingerprint-wrong"


class NeedsSecondPerson(CertsError):
    """Whoever proposed this cannot confirm it."""

    code = "needs-second-person"
