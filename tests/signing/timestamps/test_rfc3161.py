"""Time-stamps over HTTP, from an authority that is good and from one that lies, hangs or fails."""

import hashlib
import pickle
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest

from certs.model import Purpose, TrustAnchor
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import HttpExchange
from certs.revocation.gather import GatherLimits, RevocationGatherer
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampRefused, TimestampUnavailable
from signing.timestamps.fake import FakeTimestampAuthority
from signing.timestamps.rfc3161 import Rfc3161Authority, check_timestamp_signer
from tests.certs.authority import running_authority

IMPRINT = hashlib.sha256(b"signature value").digest()


@pytest.fixture(params=["http", "fake"])
def any_authority(request, pki):
    if request.param == "http":
        return request.getfixturevalue("tsa")
    return FakeTimestampAuthority(
        pki.authority.der,
        pki.authority.key_der,
        [pki.issuing.der],
        anchors=pki.anchors,
        clock=lambda: datetime.now(UTC),
    )


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_every_authority_stamps_the_digest_now(any_authority, algorithm, pki, tmp_path):
    imprint = hashlib.new(algorithm, b"signature value").digest()

    token = any_authority.timestamp(imprint, algorithm)

    assert abs(token.gen_time - datetime.now(UTC)) < timedelta(seconds=5)
    assert openssl_accepts(token.der, imprint, pki, tmp_path)


def openssl_accepts(token: bytes, imprint: bytes, pki, folder) -> bool:
    (folder / "token.der").write_bytes(token)
    (folder / "root.pem").write_bytes(pki.root.pem)
    command = ["openssl", "ts", "-verify", "-digest", imprint.hex(), "-token_in", "-in", str(folder / "token.der")]
    command += ["-CAfile", str(folder / "root.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "Verification: OK" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("wrong-nonce", "nonce"),
        ("no-nonce", "nonce"),
        ("wrong-imprint", "imprint"),
        ("wrong-signature", "signature"),
        ("untrusted", "untrusted"),
        ("usage-not-critical", "usage"),
        ("yesterday", "time"),
        ("tomorrow", "time"),
        ("vague", "accuracy"),
        ("garbage", "unreadable"),
        ("empty", "unreadable"),
    ],
)
def test_an_answer_that_lies_is_not_trusted_and_says_why(authority, tsa, behaviour, reason):
    authority.behaviour = behaviour

    with pytest.raises(TimestampNotTrustworthy) as caught:
        tsa.timestamp(IMPRINT, "sha256")

    assert caught.value.reason == reason
    assert pickle.loads(pickle.dumps(caught.value)).reason == reason  # noqa: S301 - our own error

    authority.behaviour = "good"
    tsa.timestamp(IMPRINT, "sha256")


@pytest.mark.parametrize(
    ("behaviour", "fact"),
    [("error-500", "500"), ("html", "not a time-stamp reply"), ("huge", "longer"), ("busy", "system_failure")],
)
def test_an_authority_that_is_out_of_order_may_be_asked_again(authority, tsa, behaviour, fact):
    authority.behaviour = behaviour
    with pytest.raises(TimestampUnavailable, match=fact):
        tsa.timestamp(IMPRINT, "sha256")

    authority.behaviour = "good"
    tsa.timestamp(IMPRINT, "sha256")


def test_how_accurate_the_authority_says_its_time_is_comes_with_the_token(authority, tsa):
    assert tsa.timestamp(IMPRINT, "sha256").accuracy is None
    authority.behaviour = "accurate"
    assert tsa.timestamp(IMPRINT, "sha256").accuracy == timedelta(seconds=1.5)


def test_a_revoked_authority_gives_way_and_one_whose_status_nobody_tells_does_not():
    """Its CA's answer decides; validation looks again at all of it before a signature is kept."""
    now = datetime.now(UTC).replace(microsecond=0)
    with running_authority(now) as (ca, server):
        anchors = [TrustAnchor(ca.root.der, Purpose.TSA, now - timedelta(days=400))]
        limits = GatherLimits(total_timeout_seconds=1.0, each_timeout_seconds=0.5)
        gatherer = RevocationGatherer(HttpExchange(lambda _: None), MemoryCache(), limits)

        def check(holder) -> None:
            check_timestamp_signer(holder.der, [ca.issuing.der], anchors, now, None, gatherer)

        good, revoked, silent = ca.tsa(), ca.tsa(), ca.tsa(behaviour="down")
        ca.revoke(revoked, now - timedelta(hours=1))
        check(good)
        check(silent)
        with pytest.raises(TimestampNotTrustworthy) as caught:
            check(revoked)
        assert caught.value.reason == "revoked"
        assert "/fine/ocsp" in server.calls


def test_a_refusal_is_told_as_one(authority, tsa):
    authority.behaviour = "refuses"

    with pytest.raises(TimestampRefused, match="bad_request"):
        tsa.timestamp(IMPRINT, "sha256")


@pytest.mark.parametrize("behaviour", ["hangs", "drips", "drips-headers"])
def test_an_authority_that_hangs_or_drips_cannot_hold_us_beyond_the_limit(authority, pki, behaviour):
    authority.behaviour = behaviour
    slow = Rfc3161Authority("chậm", authority.url, anchors=pki.anchors, timeout_seconds=0.6)

    started = time.monotonic()
    with pytest.raises(TimestampUnavailable):
        slow.timestamp(IMPRINT, "sha256")

    assert time.monotonic() - started < 1.5


def test_nobody_at_the_address_is_unavailable(pki):
    nobody = Rfc3161Authority("vắng", "http://127.0.0.1:9/tsa", anchors=pki.anchors, timeout_seconds=2)

    with pytest.raises(TimestampUnavailable):
        nobody.timestamp(IMPRINT, "sha256")


def test_anchors_for_other_purposes_do_not_count(authority, pki):
    others = [anchor for anchor in pki.anchors() if anchor.purpose != "tsa"]
    strict = Rfc3161Authority("không neo", authority.url, anchors=lambda: others, timeout_seconds=5)

    with pytest.raises(TimestampNotTrustworthy) as caught:
        strict.timestamp(IMPRINT, "sha256")
    assert caught.value.reason == "untrusted"
