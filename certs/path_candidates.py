"""Which certificates of a pool can be part of a path at all, so that a mesh of cross-certificates costs nothing.

The library follows every way that names allow. Their number grows beyond any bound with a few authorities that certify
each other, or with a few dozen forged ones that bear the same names. Here each certificate is looked at once, and an
issuer counts only if its key made the signature.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from asn1crypto import x509

from certs.revocation.certificate_facts import KEPT_CERTIFICATES, certificate_facts, comparable_name
from certs.revocation.der import DerUnsound
from certs.revocation.signed_by import signature_holds

# With so few there are at most some dozens of ways, and the library follows them faster than they are sorted out.
FEW = 4
# How many certificates longer than the shortest way a path may be: a renewed or cross-certified authority adds one.
DETOUR = 2
MAX_CHECKS = 512
MAX_ISSUERS = 64


def pools_to_follow(
    certificate: x509.Certificate, pool: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> Iterator[list[x509.Certificate]]:
    """Yield what stands on a shortest way from a certificate to an anchor, then also what stands on longer ways.

    So the shortest paths are found first. Ways much longer than that are left out, and so is everything where no way
    leads to an anchor. At most MAX_CHECKS signatures are verified; what is not looked at then is left out.
    """
    if len(pool) <= FEW:
        yield list(pool)
        return
    graph = _Graph(pool)
    upwards = graph.steps_upwards(certificate)
    tops = [number for number in upwards if _is_issued_by_any(pool[number], anchors)]
    downwards = graph.steps_downwards(tops)
    lengths = {number: upwards[number] + downwards[number] for number in downwards if number in upwards}
    shortest, given = min(lengths.values(), default=0), -1
    for longest in range(shortest, shortest + DETOUR + 1):
        kept = sorted((upwards[number], number) for number, length in lengths.items() if length <= longest)
        if len(kept) != given:
            yield [pool[number] for _, number in kept]
        given = len(kept)


def issuers_to_climb(certificate_der: bytes, pool_ders: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return whom names lead to from a certificate upwards, the nearest first; at most MAX_ISSUERS of them.

    A file with many signatures brings the certificates of all their signers; those are left out here.
    """
    by_subject: dict[str | bytes, list[bytes]] = {}
    for der in dict.fromkeys(pool_ders):
        for subject in _names(der)[:1]:
            by_subject.setdefault(subject, []).append(der)
    found: dict[bytes, None] = {}
    layer = [certificate_der]
    while layer and len(found) < MAX_ISSUERS:
        wanted = dict.fromkeys(issuer for der in layer for issuer in _names(der)[1:])
        layer = [der for issuer in wanted for der in by_subject.pop(issuer, ())]
        found.update(dict.fromkeys(layer))
    return tuple(found)[:MAX_ISSUERS]


def anchors_to_reach(
    certificate_der: bytes, pool_ders: Iterable[bytes], anchor_ders: Iterable[bytes]
) -> tuple[bytes, ...]:
    """Return the anchors that bear a name which the certificate or one of the pool knows, in their order.

    Trusted lists give thousands, and the library takes each apart that it is given.
    """
    known = {name for der in (certificate_der, *pool_ders) for name in _names(der)}
    return tuple(der for der in anchor_ders if not known.isdisjoint(_names(der)[:1]))


@lru_cache(maxsize=KEPT_CERTIFICATES)
def _names(certificate_der: bytes) -> tuple[str | bytes, ...]:
    """Return the names of whom a certificate is about and of who issued it; none where it is not readable."""
    try:
        facts = certificate_facts(certificate_der)
    except DerUnsound:
        return ()
    return comparable_name(facts.subject), comparable_name(facts.issuer)


class _Graph:
    """Who issued whom in a pool, by numbers; each question about a signature is asked once, and not too many in all."""

    def __init__(self, pool: Sequence[x509.Certificate]) -> None:
        self._pool = pool
        self._by_subject: dict[str, list[int]] = {}
        for number, one in enumerate(pool):
            self._by_subject.setdefault(one.subject.hashable, []).append(number)
        self._issued: dict[int, set[int]] = {}
        self._checks_left = MAX_CHECKS

    def steps_upwards(self, certificate: x509.Certificate) -> Mapping[int, int]:
        """Return how far up from a certificate each issuer is, by verified signatures alone."""
        found = dict.fromkeys(self._issuers(certificate), 1)
        layer = list(found)
        while layer:
            above: list[int] = []
            for number in layer:
                for issuer in self._issuers(self._pool[number]):
                    self._issued.setdefault(issuer, set()).add(number)
                    if issuer not in found:
                        found[issuer] = found[number] + 1
                        above.append(issuer)
            layer = above
        return found

    def steps_downwards(self, tops: Iterable[int]) -> Mapping[int, int]:
        """Return how far below the topmost ones each certificate is, over what steps_upwards has verified."""
        found = dict.fromkeys(tops, 0)
        layer = list(found)
        while layer:
            below = [one for number in layer for one in self._issued.get(number, ()) if one not in found]
            for number in layer:
                for one in self._issued.get(number, ()):
                    found.setdefault(one, found[number] + 1)
            layer = list(dict.fromkeys(below))
        return found

    def _issuers(self, certificate: x509.Certificate) -> list[int]:
        named = self._by_subject.get(certificate.issuer.hashable, [])
        others = (number for number in named if self._pool[number] is not certificate)
        return [number for number in others if self._check(number, certificate)]

    def _check(self, issuer: int, certificate: x509.Certificate) -> bool:
        if self._checks_left <= 0:
            return False
        self._checks_left -= 1
        return _made(self._pool[issuer], certificate)


def _is_issued_by_any(certificate: x509.Certificate, anchors: Sequence[x509.Certificate]) -> bool:
    named = (anchor for anchor in anchors if anchor.subject.hashable == certificate.issuer.hashable)
    return any(_made(anchor, certificate) for anchor in named)


def _made(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Say whether an issuer's key made a certificate's signature; anything odd about either is a no."""
    signed, algorithm = certificate["tbs_certificate"].dump(), certificate["signature_algorithm"].dump()
    return signature_holds(signed, certificate["signature_value"].native, algorithm, issuer.public_key.dump())
