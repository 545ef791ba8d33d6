"""Changes to a list are fetched where the certificate or the list itself says that they are published."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from certs.model import PathResult, Purpose, TrustAnchor
from certs.path import check_path
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import ExchangeFailed, Limits
from certs.revocation.gather import RevocationGatherer
from tests.certs.authority import Authority, Holder

LIST, DELTA = "http://crl.example/list", "http://crl.example/delta"
HOUR = timedelta(hours=1)


def points(address: str) -> list[x509.DistributionPoint]:
    return [x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)]


@dataclass
class World:
    """Lists by address, and whoever fetches them."""

    authority: Authority
    anchors: tuple[TrustAnchor, ...]
    served: dict[str, bytes]

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        if address.endswith("root.crl"):
            return self.authority.crl(self.authority.root)
        if address not in self.served:
            raise ExchangeFailed("unreachable")
        return self.served[address]

    def publish(self, address: str, *revoked: Holder, base: int | None = None, freshest: bool = False) -> None:
        """Publish a list, or a delta to a base of that number."""
        now = self.authority.now
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.authority.issuing.certificate.subject)
        builder = builder.last_update(now - HOUR).next_update(now + HOUR)
        builder = builder.add_extension(x509.CRLNumber(7 if base is None else 9), False)
        if base is not None:
            builder = builder.add_extension(x509.DeltaCRLIndicator(base), True)
        if freshest:
            builder = builder.add_extension(x509.FreshestCRL(points(DELTA)), False)
        for holder in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
            entry = entry.revocation_date(now - 2 * HOUR).add_extension(
                x509.CRLReason(ReasonFlags.key_compromise), False
            )
            builder = builder.add_revoked_certificate(entry.build())
        self.served[address] = builder.sign(self.authority.issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def judge(self, holder: Holder) -> PathResult:
        chain, now = [self.authority.issuing.der], self.authority.now
        gatherer = RevocationGatherer(self, MemoryCache())
        evidence = gatherer.gather_for(holder.der, chain, [self.authority.root.der], now)
        return check_path(holder.der, chain, self.anchors, evidence, now, Purpose.OFFICIAL)


@pytest.fixture
def world(authority: Authority, anchors: tuple[TrustAnchor, ...]) -> World:
    return World(authority, anchors, {})


@pytest.mark.parametrize("said_by", ["certificate", "list"])
def test_a_revocation_that_only_the_delta_tells_is_found(world: World, said_by: str) -> None:
    more: list[x509.ExtensionType] = [x509.CRLDistributionPoints(points(LIST))]
    if said_by == "certificate":
        more.append(x509.FreshestCRL(points(DELTA)))
    revoked, good = (world.authority.leaf(name, addresses=None, more=more) for name in ("Revoked", "Good"))
    world.publish(LIST, freshest=said_by == "list")
    world.publish(DELTA, revoked, base=7)

    assert world.judge(revoked).revocation.status == "revoked"
    assert world.judge(good).passed


def test_without_its_delta_a_list_counts_as_long_as_it_lasts(world: World) -> None:
    holder = world.authority.leaf("Good", addresses=None, more=[x509.CRLDistributionPoints(points(LIST))])
    world.publish(LIST, freshest=True)

    assert world.judge(holder).passed


def test_a_delta_to_another_base_tells_only_of_revocations(world: World) -> None:
    held = world.authority.leaf("Held", addresses=None, more=[x509.CRLDistributionPoints(points(LIST))])
    world.publish(LIST, held, freshest=True)
    world.publish(DELTA, base=8)

    assert world.judge(held).revocation.status == "revoked"
