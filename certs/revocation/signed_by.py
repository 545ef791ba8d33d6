"""Whether a key made a signature over some bytes; what held once is remembered by content, what failed never is."""

import hashlib
import threading
from collections import OrderedDict

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko_certvalidator.errors import AlgorithmNotSupported, DSAParametersUnavailable, PSSParameterMismatch
from pyhanko_certvalidator.sig_validate import DEFAULT_SIGNATURE_VALIDATOR

MAX_REMEMBERED = 16_384
# A broken digest proves nothing at any time.
BROKEN_DIGESTS = frozenset({"md2", "md4", "md5"})
REFUSALS = (
    *(InvalidSignature, UnsupportedAlgorithm, AlgorithmNotSupported, DSAParametersUnavailable, PSSParameterMismatch),
    *(ValueError, TypeError, KeyError, AttributeError, AssertionError, OverflowError, RecursionError),
)


class RememberedFacts:
    """A bounded set of facts, each named by a digest over all that it depends on; safe for threads.

    Only facts that stay true whatever the time may be told to it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, fact: bytes) -> bool:
        with self._lock:
            if fact not in self._known:
                return False
            self._known.move_to_end(fact)
            return True

    def add(self, fact: bytes) -> None:
        with self._lock:
            self._known[fact] = None
            if len(self._known) > self._most:
                self._known.popitem(last=False)


_held = RememberedFacts(MAX_REMEMBERED)


def signature_holds(signed: bytes, signature: bytes, algorithm_der: bytes, public_key_info: bytes) -> bool:
    """Say whether a key made a signature; anything odd about either is a no.

    Args:
        signed: The bytes that were signed.
        algorithm_der: AlgorithmIdentifier, as encoded beside the signature.
        public_key_info: SubjectPublicKeyInfo, as encoded.
    """
    digests = [hashlib.sha256(part).digest() for part in (signed, signature, algorithm_der, public_key_info)]
    fact = hashlib.sha256(b"".join(digests)).digest()
    if fact in _held:
        return True
    try:
        _verify(signed, signature, algorithm_der, public_key_info)
    except REFUSALS:
        return False
    _held.add(fact)
    return True


def _verify(signed: bytes, signature: bytes, algorithm_der: bytes, public_key_info: bytes) -> None:
    algorithm = algos.SignedDigestAlgorithm.load(algorithm_der, strict=True)
    if algorithm["algorithm"].native.startswith(tuple(BROKEN_DIGESTS)):
        raise UnsupportedAlgorithm("a broken digest")
    key = keys.PublicKeyInfo.load(public_key_info, strict=True)
    DEFAULT_SIGNATURE_VALIDATOR.validate_signature(signature, signed, key, algorithm)
