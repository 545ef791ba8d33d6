"""Asks for a time-stamp and checks the answer: pure functions over DER, no network.

Source: RFC 3161, 2.4; RFC 5816 (ESSCertIDv2); RFC 5652, 5.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity

from certs.received_bytes import received_der
from signing.errors.signatures import AlgorithmNotAllowed
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampRefused, TimestampUnavailable
from signing.timestamps.base import TimestampToken

# The difference that we accept between the authority's clock and ours.
CLOCK_TOLERANCE = timedelta(minutes=5)
# The digests that we stamp and that a token may be signed with, in bytes.
DIGEST_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
# PKIFailureInfo bits that speak of the authority's own state, not of our request: systemFailure, timeNotAvailable.
_PASSING_FAILURES = {"system_failure", "time_not_available"}


class TimestampAnswer(core.Sequence):  # type: ignore[misc]
    """TimeStampResp: a refusal carries no token, which asn1crypto's own class does not know."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


CheckSigner = Callable[[bytes, Sequence[bytes], datetime], None]


@dataclass(frozen=True)
class TimestampQuery:
    """One request as it was sent."""

    der: bytes
    imprint: bytes
    digest_algorithm: str
    nonce: int
    policy: str | None


def make_query(imprint: bytes, digest_algorithm: str, policy: str | None = None) -> TimestampQuery:
    """Return a request with a fresh nonce that asks for the authority's certificate.

    Args:
        policy: The OID of the policy to stamp under; None leaves the choice to the authority.
    Raises:
        AlgorithmNotAllowed: No digest that we stamp, or not of its length.
    """
    if DIGEST_SIZES.get(digest_algorithm) != len(imprint):
        raise AlgorithmNotAllowed("a time-stamp is over a whole SHA-256, SHA-384 or SHA-512 digest")
    # 63 bits, so that the INTEGER is positive in 8 bytes: some authorities take no longer one.
    nonce = secrets.randbits(63)
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": digest_algorithm}, "hashed_message": imprint},
            "nonce": nonce,
            "cert_req": True,
        }
    )
    if policy is not None:
        request["req_policy"] = policy
    return TimestampQuery(request.dump(), imprint, digest_algorithm, nonce, policy)


def read_answer(
    answer: bytes,
    query: TimestampQuery,
    *,
    authority_name: str,
    check_signer: CheckSigner,
    sent_at: datetime,
    received_at: datetime,
) -> TimestampToken:
    """Check an answer against its request and return the token.

    Args:
        check_signer: Called with certificate, further certificates and time; raises TimestampNotTrustworthy
            (usage or untrusted) unless the certificate may stamp and leads to an anchor.
        sent_at, received_at: Aware times around the call.
    Raises:
        TimestampRefused, TimestampUnavailable: The authority says so.
        TimestampNotTrustworthy: Anything else that is wrong.
    """
    try:
        return _read(answer, query, authority_name, check_signer, sent_at, received_at)
    except (TimestampRefused, TimestampUnavailable, TimestampNotTrustworthy):
        raise
    except Exception as error:  # noqa: BLE001 - an authority may send anything, and the decoder raises anything
        raise TimestampNotTrustworthy(f"the answer cannot be read ({type(error).__name__})", "unreadable") from None


def _read(
    answer: bytes,
    query: TimestampQuery,
    authority_name: str,
    check_signer: CheckSigner,
    sent_at: datetime,
    received_at: datetime,
) -> TimestampToken:
    response = TimestampAnswer.load(answer, strict=True)
    _check_status(response["status"])
    content = response["time_stamp_token"]
    if not isinstance(content, cms.ContentInfo) or content["content_type"].native != "signed_data":
        raise TimestampNotTrustworthy("the token is no signed data", "unreadable")
    signed_data = content["content"]
    info = signed_data["encap_content_info"]["content"].parsed
    if signed_data["encap_content_info"]["content_type"].native != "tst_info" or not isinstance(info, tsp.TSTInfo):
        raise TimestampNotTrustworthy("the token holds no time-stamp", "unreadable")
    _check_asked(info, query)
    gen_time: datetime = info["gen_time"].native
    if not sent_at - CLOCK_TOLERANCE <= gen_time <= received_at + CLOCK_TOLERANCE:
        raise TimestampNotTrustworthy("the time-stamp's time is not the time of the request", "time")
    accuracy = _accuracy(info)
    if accuracy is not None and accuracy > CLOCK_TOLERANCE:
        # The time may be off by more than we accept of a clock.
        raise TimestampNotTrustworthy("the time-stamp's accuracy is too wide", "accuracy")
    signer, others = _check_signature(signed_data)
    check_signer(received_der(signer), [received_der(other) for other in others], gen_time)
    return TimestampToken(received_der(content), gen_time, accuracy, authority_name, info["policy"].dotted)


def _check_status(status: tsp.PKIStatusInfo) -> None:
    if status["status"].native in {"granted", "granted_with_mods"}:
        return
    failures = status["fail_info"].native or set()
    fact = f"the authority answered {status['status'].native}: {', '.join(sorted(failures)) or 'no reason given'}"
    if failures & _PASSING_FAILURES:
        raise TimestampUnavailable(fact)
    raise TimestampRefused(fact)


def _check_asked(info: tsp.TSTInfo, query: TimestampQuery) -> None:
    imprint = info["message_imprint"]
    same_algorithm = imprint["hash_algorithm"]["algorithm"].native == query.digest_algorithm
    if not same_algorithm or imprint["hashed_message"].native != query.imprint:
        raise TimestampNotTrustworthy("the time-stamp is for another digest", "imprint")
    if info["nonce"].native != query.nonce:
        raise TimestampNotTrustworthy("the time-stamp carries another nonce: it may be an old answer", "nonce")
    if query.policy is not None and info["policy"].dotted != query.policy:
        raise TimestampNotTrustworthy("the time-stamp was made under another policy than asked for", "policy")


def _check_signature(signed_data: cms.SignedData) -> tuple[x509.Certificate, list[x509.Certificate]]:
    certificates = extract_certs_for_validation(signed_data)
    signer_info = signed_data["signer_infos"][0]
    if len(signed_data["signer_infos"]) != 1:
        raise TimestampNotTrustworthy("the token has more than one signer", "signature")
    attributes = {attribute["type"].native for attribute in signer_info["signed_attrs"]}
    if not attributes & {"signing_certificate", "signing_certificate_v2"}:
        raise TimestampNotTrustworthy("the token does not name its signer's certificate", "signature")
    digest_name = signer_info["digest_algorithm"]["algorithm"].native
    if digest_name not in DIGEST_SIZES:
        raise TimestampNotTrustworthy(f"the token is signed with {digest_name}", "signature")
    content = bytes(signed_data["encap_content_info"]["content"])
    intact, valid = validate_sig_integrity(
        signer_info, certificates.signer_cert, "tst_info", hashlib.new(digest_name, content).digest()
    )
    if not intact or not valid:
        raise TimestampNotTrustworthy("the token's signature does not verify", "signature")
    return certificates.signer_cert, list(certificates.other_certs)


def _accuracy(info: tsp.TSTInfo) -> timedelta | None:
    accuracy = info["accuracy"].native
    if not accuracy:
        return None
    return timedelta(
        seconds=accuracy["seconds"] or 0,
        milliseconds=accuracy["millis"] or 0,
        microseconds=accuracy["micros"] or 0,
    )
