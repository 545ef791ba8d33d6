"""Damaged certificates, lists, answers and time-stamps: always a finding, never an exception, never good news."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certs.errors import CertificateUnreadable
from certs.inspection import describe_certificate
from certs.model import PathResult, Purpose, TrustAnchor
from certs.path import check_path
from certs.revocation.addresses import build_status_queries
from certs.revocation.answers import evidence_times, read_status
from certs.revocation.certificate_facts import encode
from certs.revocation.der import BIT_STRING, OCTET_STRING, SEQUENCE, read_whole
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.authority import Authority, Holder
from tests.certs.damage import chance_of, damaged, rebuilt

EXAMPLES = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEEDS = st.integers(0, 2**32)


class World:
    """One good path with all its evidence, made once; what is damaged is one part of it."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.holder = authority.leaf("Nguyễn Văn Ví Dụ")
        self.parts = {
            "certificate": self.holder.der,
            "authority": authority.issuing.der,
            "answer": authority.ocsp(self.holder.certificate),
            "list": authority.crl(),
            "root list": authority.crl(authority.root),
        }

    def judge(self, **changed: bytes) -> PathResult:
        parts = self.parts | {name.replace("_", " "): der for name, der in changed.items()}
        kinds = {"answer": "ocsp", "list": "crl", "root list": "crl"}
        items = (
            EvidenceItem(kind, parts[name], name, *(evidence_times(kind, parts[name]) or ()))
            for name, kind in kinds.items()
        )
        anchors = (TrustAnchor(self.authority.root.der, Purpose.OFFICIAL, datetime(2000, 1, 1, tzinfo=UTC)),)
        evidence = RevocationEvidence(tuple(items), gathered_at=self.authority.now)
        return check_path(
            parts["certificate"], [parts["authority"]], anchors, evidence, self.authority.now, Purpose.OFFICIAL
        )


@pytest.fixture(scope="module")
def world(running: tuple[Authority, object]) -> World:
    made = World(running[0])
    assert made.judge().passed
    return made


def _sign(body: bytes, algorithm: bytes, signer: Holder) -> bytes:
    """Sign an altered body anew: what an authority itself could do to us."""
    assert isinstance(signer.key, ec.EllipticCurvePrivateKey)
    value = signer.key.sign(body, ec.ECDSA(hashes.SHA256()))
    return encode(SEQUENCE, body + algorithm + encode(BIT_STRING, b"\0" + value))


@EXAMPLES
@given(seed=SEEDS)
def test_a_damaged_certificate_never_passes(world: World, seed: int) -> None:
    der = damaged(world.parts["certificate"], chance_of(seed))

    result = world.judge(certificate=der)

    assert not result.passed or der == world.parts["certificate"]
    assert result.fact


@EXAMPLES
@given(seed=SEEDS, part=st.sampled_from(["authority", "answer", "list", "root_list"]))
def test_damage_to_one_other_part_is_a_finding_or_nothing(world: World, seed: int, part: str) -> None:
    assert world.judge(**{part: damaged(world.parts[part.replace("_", " ")], chance_of(seed))}).fact


@EXAMPLES
@given(seed=SEEDS, kind=st.sampled_from(["ocsp", "crl"]))
def test_damaged_evidence_says_nothing_new(world: World, seed: int, kind: str) -> None:
    good = world.parts["answer" if kind == "ocsp" else "list"]
    chain = world.holder.der, world.authority.issuing.der
    told = read_status(EvidenceItem(kind, good, "good"), *chain)
    assert told is not None

    status = read_status(EvidenceItem(kind, damaged(good, chance_of(seed)), "bad"), *chain)

    assert status in {None, told}


@EXAMPLES
@given(seed=SEEDS)
def test_an_odd_certificate_that_its_authority_signed_is_a_finding(world: World, seed: int) -> None:
    body, algorithm, _ = read_whole(world.holder.der, SEQUENCE).children()
    der = _sign(rebuilt(body.encoded, chance_of(seed)), algorithm.encoded, world.authority.issuing)

    assert world.judge(certificate=der).fact
    try:
        describe_certificate(der)
        build_status_queries(der, [world.authority.issuing.der], [world.authority.root.der])
    except CertificateUnreadable:
        return


@EXAMPLES
@given(seed=SEEDS)
def test_an_odd_list_that_its_authority_signed_is_a_finding(world: World, seed: int) -> None:
    body, algorithm, _ = read_whole(world.parts["list"], SEQUENCE).children()
    der = _sign(rebuilt(body.encoded, chance_of(seed)), algorithm.encoded, world.authority.issuing)

    assert world.judge(list=der, answer=b"").fact


@EXAMPLES
@given(seed=SEEDS)
def test_an_odd_answer_that_a_responder_signed_is_a_finding(world: World, seed: int) -> None:
    status, wrapped = read_whole(world.parts["answer"], SEQUENCE).children()
    kind, octets = next(wrapped.children()).children()
    body, algorithm, _, certificates = read_whole(octets.content, SEQUENCE).children()
    chance = chance_of(seed)
    basic = _sign(rebuilt(body.encoded, chance), algorithm.encoded, world.authority.responder)
    inner = read_whole(basic, SEQUENCE).content + certificates.encoded
    parts = encode(SEQUENCE, kind.encoded + encode(OCTET_STRING, encode(SEQUENCE, inner)))
    der = encode(SEQUENCE, status.encoded + encode(wrapped.tag, parts))

    assert world.judge(answer=der, list=b"").fact


def test_nists_certificates_and_lists_damaged_stay_within_time_and_memory(corpus: Path) -> None:
    command = [sys.executable, "-m", "tests.certs.damaged_corpus", corpus / "pkits"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr[-2000:]
    judged = int(said.stdout)
    assert judged > 150
