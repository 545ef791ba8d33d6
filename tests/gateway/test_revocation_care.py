"""Answers about revocation as workers share them: large ones among the blobs, and fetched before the kept ones end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from certs.model import CertificateRole, Purpose
from certs.revocation.model import EvidenceItem, FetchFailure, RevocationEvidence
from certs.store import RevocationCacheRow, SigningCertificate
from gateway.db.outbox import Task
from gateway.jobs.handlers import HANDLERS
from gateway.revocation_care import LATEST, PREFETCH_TASK, SOONEST, make_prefetches_due, next_prefetch
from gateway.services import Services
from gateway.trust import ROW_SIZE_BYTES, SharedRevocationCache, kept_revocation
from tests.certs.authority import Authority, StatusServer, running_authority

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Authority, StatusServer]]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as both:
        yield both


def keep(services: Services, authority: Authority, behaviour: str = "fine") -> str:
    """Put a certificate into the inventory under an anchor that two persons installed; return its id."""
    holder, now = authority.leaf("Leaf", behaviour=behaviour), authority.now
    with services.unit_of_work() as work:
        anchor = work.certificates.install_anchor(
            unit_id="unit",
            purpose=Purpose.OFFICIAL,
            certificate_der=authority.root.der,
            installed_by="one",
            trusted_from=now - HOUR,
            now=now,
        )
        work.certificates.confirm_anchor(anchor.id, "two", now)
        row = work.certificates.add(
            unit_id="unit",
            label="leaf",
            role=CertificateRole.PERSON,
            certificate_der=holder.der,
            chain_ders=[authority.issuing.der],
            key_source_uri="desk:serial",
            now=now,
        )
        work.commit()
        return row.id


def prefetches(services: Services, now: datetime) -> list[str]:
    """Sweep, work off what is due, and return for whom."""
    make_prefetches_due(services, now)
    done = []
    while True:
        with services.unit_of_work() as work:
            task = work.outbox.lease(now, HOUR)
            work.commit()
        if task is None:
            return done
        assert isinstance(task, Task)
        HANDLERS[task.kind](services, task, now)
        done.append(task.subject_id)
        with services.unit_of_work() as work:
            work.outbox.finish(task, now)
            work.commit()


def item(size: int, fill: bytes = b"A") -> EvidenceItem:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return EvidenceItem("crl", fill * size, "http://ca.example/1.crl", at, at + HOUR)


@pytest.mark.parametrize(("size", "in_row"), [(ROW_SIZE_BYTES, True), (ROW_SIZE_BYTES + 1, False), (3_000_000, False)])
def test_a_large_list_lies_among_the_blobs_and_comes_back_whole(services: Services, size: int, in_row: bool) -> None:
    now, one = datetime.now(UTC), item(size)
    SharedRevocationCache(services).keep_evidence("http://a", one, now)

    with services.unit_of_work(read_only=True) as work:
        row = work.session.scalars(select(RevocationCacheRow)).one()
    assert (len(row.der) == size, row.size_bytes) == (in_row, size)
    # Another worker: another cache on the same database and blobs.
    assert SharedRevocationCache(services).find_evidence("http://a", "crl", now - HOUR) == one


def test_a_replaced_list_takes_its_bytes_along_and_a_lost_one_is_not_kept(services: Services) -> None:
    now, cache = datetime.now(UTC), SharedRevocationCache(services)
    older, newer = item(100_000), item(100_000, b"B")
    cache.keep_evidence("http://a", older, now)
    blobs = services.blobs.below("revocation")
    assert blobs.open(older.sha256).read(1) == b"A"

    cache.keep_evidence("http://a", newer, now)

    with pytest.raises(Exception, match="nothing is kept"):
        blobs.open(older.sha256)
    blobs.remove(newer.sha256)
    assert cache.find_evidence("http://a", "crl", now - HOUR) is None


def test_answers_are_fetched_before_they_are_needed_and_once(
    services: Services, running: tuple[Authority, StatusServer]
) -> None:
    authority, server = running
    server.calls.clear()
    certificate_id, now = keep(services, authority), datetime.now(UTC)

    assert prefetches(services, now) == [certificate_id]
    assert prefetches(services, now) == []
    assert server.calls == ["/fine/ocsp", "/fine/root.crl"]
    with services.unit_of_work(read_only=True) as work:
        row = work.certificates.get(certificate_id)
        chain, der = [bytes.fromhex(one) for one in row.chain_der], row.certificate_der
        assert row.status_due_at is not None
        assert now + SOONEST <= row.status_due_at <= now + LATEST
    # Nobody is asked any more, and the age of what is kept is known.
    evidence = kept_revocation(services).gather_for(der, chain, [authority.root.der], now)
    assert [one.kind for one in evidence.items] == ["ocsp", "crl"]
    assert all(one.this_update == authority.now - timedelta(minutes=5) for one in evidence.items)


def test_a_silent_responder_is_asked_again_soon_and_a_withdrawn_certificate_not_at_all(
    services: Services, running: tuple[Authority, StatusServer]
) -> None:
    authority, _ = running
    certificate_id, now = keep(services, authority, behaviour="down"), datetime.now(UTC)

    assert prefetches(services, now) == [certificate_id]
    assert prefetches(services, now + SOONEST / 2) == []
    with services.unit_of_work() as work:
        row = work.session.get(SigningCertificate, certificate_id)
        assert row is not None
        assert row.status_due_at == now + SOONEST
        work.certificates.withdraw(certificate_id)
        work.commit()
    assert prefetches(services, now + 2 * SOONEST) == []
    assert PREFETCH_TASK in HANDLERS


def test_the_next_asking_comes_before_the_first_answer_ends() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)

    def after(*lasts: timedelta | None, failed: bool = False) -> timedelta:
        items = tuple(EvidenceItem("crl", b"", "x", now, None if last is None else now + last) for last in lasts)
        failures = (FetchFailure("x", "unreachable"),) if failed else ()
        return next_prefetch(RevocationEvidence(items, failures=failures), now) - now

    assert after(5 * HOUR, 9 * HOUR) == 4 * HOUR
    assert after(HOUR / 2) == SOONEST
    assert after(90 * HOUR) == LATEST
    assert after(None) == LATEST
    assert after() == SOONEST
    assert after(9 * HOUR, failed=True) == SOONEST
