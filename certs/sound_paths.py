"""Paths from a certificate to an anchor, built and validated by the library without regard to revocation.

A path that held is remembered with the time between which nothing in it can change: the next question about the same
certificates then costs no signature. Only paths that held are remembered, under a digest over all that they depend on.
"""

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from asn1crypto import x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.validate import async_validate_path

from certs.algorithms import AlgorithmRefusal, AlgorithmTable
from certs.errors import CertificateUnreadable
from certs.names import parse_certificate
from certs.path_algorithms import PathAlgorithms
from certs.path_candidates import pools_to_follow
from certs.revocation.certificate_facts import certificate_facts
from certs.revocation.der import DerUnsound

MAX_PATHS = 12
MAX_REMEMBERED = 2_048
# Revocation is judged by certs.revocation, which reads a list of any size.
NO_REVOCATION = CertRevTrustPolicy(
    RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
)


@dataclass(frozen=True)
class FoundPath:
    """A path from the end-entity certificate to an anchor, and why it does not hold; None where it does."""

    ders: tuple[bytes, ...]
    error: ValidationError | None = None
    weak: AlgorithmRefusal | None = None
    """What is no longer acceptable, where that is the reason."""


@dataclass(frozen=True)
class PathQuestion:
    """All that decides which paths hold, but the time.

    Args:
        certificate_der: Where paths begin.
        pool_ders: What may stand in between, in any order; unreadable ones are ignored.
        anchor_ders: Where paths may end.
        algorithms: What certificates may be signed with; it changes its mind from day to day.
        policies: Certificate-policy inputs of RFC 5280, 6.1.1 (c) to (i).
    """

    certificate_der: bytes
    pool_ders: tuple[bytes, ...]
    anchor_ders: tuple[bytes, ...]
    algorithms: AlgorithmTable
    policies: PKIXValidationParams | None = None

    def key(self, at: datetime) -> bytes:
        """Return a digest over all of it, and over the day, on which the table of algorithms depends."""
        day = at.astimezone(UTC).date().isoformat()
        total = hashlib.sha256(f"{day} {self.algorithms.sha256} {self.policies!r}".encode())
        for group in ((self.certificate_der,), self.pool_ders, self.anchor_ders):
            total.update(len(group).to_bytes(4, "big"))
            for der in group:
                total.update(hashlib.sha256(der).digest())
        return total.digest()


@dataclass(frozen=True)
class _SoundPath:
    """A path that held, and between which times its certificates, but the anchor's, are all valid."""

    ders: tuple[bytes, ...]
    starts: datetime
    ends: datetime


class _Remembered:
    """The sound paths found last, by question; safe for threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._paths: OrderedDict[bytes, tuple[_SoundPath, ...]] = OrderedDict()

    def find(self, key: bytes) -> tuple[_SoundPath, ...]:
        with self._lock:
            found = self._paths.get(key, ())
            if found:
                self._paths.move_to_end(key)
            return found

    def add(self, key: bytes, path: _SoundPath) -> None:
        with self._lock:
            known = self._paths.get(key, ())
            if all(path.ders != other.ders for other in known):
                self._paths[key] = (*known, path)[:MAX_PATHS]
            while len(self._paths) > self._most:
                self._paths.popitem(last=False)


_remembered = _Remembered(MAX_REMEMBERED)


def find_paths(question: PathQuestion, at: datetime) -> Iterator[FoundPath]:
    """Yield the paths that there are, at most MAX_PATHS, each with why it does not hold at a time.

    Take no more than needed: each further one costs signatures.
    Raises:
        PARSING_ERRORS of certs.path: A certificate on the way is malformed in a way that the library does not foresee.
    Source: RFC 5280, 6.1; the validity of the anchor's own certificate does not count (6.1.1 (d)).
    """
    key = question.key(at)
    given = set()
    for known in _remembered.find(key):
        if known.starts <= at <= known.ends:
            given.add(known.ders)
            yield FoundPath(known.ders)
    for found in islice(_ask_library(question, at), MAX_PATHS):
        if found.error is None:
            _remember(key, found.ders)
        if found.ders not in given:
            yield found


def _remember(key: bytes, ders: tuple[bytes, ...]) -> None:
    try:
        facts = [certificate_facts(der) for der in ders[:-1]]
    except DerUnsound:
        return
    if facts:
        starts, ends = max(one.not_before for one in facts), min(one.not_after for one in facts)
        _remembered.add(key, _SoundPath(ders, starts, ends))


def _ask_library(question: PathQuestion, at: datetime) -> Iterator[FoundPath]:
    """Drive the library's coroutines step by step, so that the caller may stop, or ask about another path, between."""
    steps = _build_and_validate(question, at)
    with asyncio.Runner() as runner:

        async def step() -> FoundPath | None:
            return await anext(steps, None)

        while (found := runner.run(step())) is not None:
            yield found


async def _build_and_validate(question: PathQuestion, at: datetime) -> AsyncIterator[FoundPath]:
    certificate, anchors = parse_certificate(question.certificate_der), _readable(question.anchor_ders)
    given: set[tuple[bytes, ...]] = set()
    for pool in pools_to_follow(certificate, _readable(question.pool_ders), anchors):
        asked = PathAlgorithms(question.algorithms, at)
        context = ValidationContext(
            trust_roots=anchors,
            other_certs=pool,
            moment=at,
            revinfo_policy=NO_REVOCATION,
            allow_fetching=False,
            algorithm_usage_policy=asked,
        )
        try:
            async for path in context.path_builder.async_build_paths_lazy(certificate):
                ders = _path_ders(path)
                if ders in given:
                    continue
                given.add(ders)
                try:
                    await async_validate_path(context, path, parameters=question.policies)
                except ValidationError as error:
                    yield FoundPath(ders, error, asked.refused)
                else:
                    yield FoundPath(ders)
        except PathBuildingError:
            continue


def _path_ders(path: ValidationPath) -> tuple[bytes, ...]:
    certificates = [c for c in path.iter_certs(include_root=True) if isinstance(c, x509.Certificate)]
    return tuple(certificate.dump() for certificate in reversed(certificates))


def _readable(ders: Sequence[bytes]) -> list[x509.Certificate]:
    certificates = []
    for der in ders:
        try:
            certificates.append(parse_certificate(der))
        except CertificateUnreadable:
            continue
    return certificates
