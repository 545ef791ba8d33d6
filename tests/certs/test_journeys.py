"""May this certificate sign now? One yes, and every no with its own name."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from certs.errors import (
    AlgorithmRefused,
    CertificateExpired,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateWithdrawn,
    KeySourceHeld,
    RevocationUnknown,
)
from certs.journeys import check_may_sign
from certs.model import Purpose, TrustAnchor
from certs.revocation.gather import RevocationGatherer
from tests.certs.authority import Authority, StatusServer, key_usage


@dataclass
class Kept:
    """What the store's row has and the check reads."""

    certificate_der: bytes
    chain_der: list[str] = field(default_factory=list)
    role: str = "person"
    state: str = "active"
    hold_code: str | None = None


def kept(authority: Authority, **changes: Any) -> Kept:
    return Kept(authority.leaf("Official", **changes).der, [authority.issuing.der.hex()])


def test_a_good_certificate_may_sign_and_brings_its_evidence(
    authority: Authority, anchors: tuple[TrustAnchor, ...], gatherer: RevocationGatherer, at: datetime
) -> None:
    result, evidence = check_may_sign(kept(authority), anchors, gatherer, at)

    assert result.passed
    assert len(evidence.ocsps) == 1
    assert len(evidence.crls) == 1


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"ends": timedelta(days=-1)}, CertificateExpired),
        ({"starts": timedelta(days=1)}, CertificateNotYetValid),
        ({"usage": key_usage(key_encipherment=True)}, CertificateNotForSigning),
        ({"behaviour": "down"}, RevocationUnknown),
        ({"behaviour": "drip"}, RevocationUnknown),
        ({"behaviour": "stranger"}, RevocationUnknown),
        ({"behaviour": "other-serial", "addresses": ("ocsp",)}, RevocationUnknown),
    ],
)
def test_each_no_has_its_own_name(
    authority: Authority,
    anchors: tuple[TrustAnchor, ...],
    gatherer: RevocationGatherer,
    at: datetime,
    changes: dict[str, Any],
    fact: type[Exception],
) -> None:
    with pytest.raises(fact):
        check_may_sign(kept(authority, **changes), anchors, gatherer, at)


def test_a_revoked_certificate_may_not_sign(
    authority: Authority, anchors: tuple[TrustAnchor, ...], gatherer: RevocationGatherer, at: datetime
) -> None:
    holder = authority.leaf("Revoked")
    authority.revoke(holder, at - timedelta(days=1))

    with pytest.raises(CertificateRevoked):
        check_may_sign(Kept(holder.der, [authority.issuing.der.hex()]), anchors, gatherer, at)


def test_an_anchor_of_another_purpose_vouches_for_nobody(
    authority: Authority, anchors: tuple[TrustAnchor, ...], gatherer: RevocationGatherer, at: datetime
) -> None:
    others = [replace(anchors[0], purpose=purpose) for purpose in Purpose if purpose is not Purpose.OFFICIAL]

    with pytest.raises(CertificateNotTrusted):
        check_may_sign(kept(authority), others, gatherer, at)


def test_what_needs_no_network_is_refused_without_any_call(
    authority: Authority,
    anchors: tuple[TrustAnchor, ...],
    gatherer: RevocationGatherer,
    server: StatusServer,
    at: datetime,
) -> None:
    weak = kept(authority, key=rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505
    held, withdrawn = kept(authority), kept(authority)
    held.state, held.hold_code, withdrawn.state = "held", "pin-incorrect", "withdrawn"

    for certificate, trusted, fact in (
        (weak, anchors, AlgorithmRefused),
        (held, anchors, KeySourceHeld),
        (withdrawn, anchors, CertificateWithdrawn),
        (kept(authority), (), CertificateNotTrusted),
    ):
        with pytest.raises(fact):
            check_may_sign(certificate, trusted, gatherer, at)
    assert server.calls == []
