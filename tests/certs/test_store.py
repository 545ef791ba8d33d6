"""Keeping certificates, anchors and evidence, on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from certs.errors import (
    AnchorNeedsSecondPerson,
    AnchorUnknown,
    CertificateAlreadyKept,
    CertificateStateConflict,
    CertificateUnknown,
    CertificateUnreadable,
)
from certs.model import CertificateRole, Purpose
from certs.revocation.model import EvidenceItem
from certs.store import CertificateStore, SigningCertificate
from tests.certs.authority import Authority


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = create_engine(database_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def store(session: Session) -> CertificateStore:
    return CertificateStore(session)


def add(store: CertificateStore, authority: Authority, name: str = "Nguyễn Văn Ví Dụ") -> SigningCertificate:
    holder = authority.leaf(name)
    return store.add(
        unit_id="unit",
        label="Phó Chủ tịch",
        role=CertificateRole.PERSON,
        certificate_der=holder.der,
        chain_ders=[authority.issuing.der],
        key_source_uri="pkcs11:token=officials;object=a",
        now=authority.now,
    )


def test_a_certificate_reads_back_as_it_was_kept(
    store: CertificateStore, session: Session, authority: Authority
) -> None:
    kept = add(store, authority)
    session.commit()
    session.expire_all()

    row = store.get(kept.id)

    assert (row.holder_name, row.state, row.chain_der) == ("Nguyễn Văn Ví Dụ", "active", [authority.issuing.der.hex()])
    assert row.valid_until == authority.now + timedelta(days=365)
    assert [r.id for r in store.find_active("unit", CertificateRole.PERSON, authority.now)] == [kept.id]
    assert store.find_active("unit", CertificateRole.ORGANISATION, authority.now) == []
    assert [r.id for r in store.find_expiring(authority.now + timedelta(days=366))] == [kept.id]
    assert list(store.list("another unit")) == []


def test_the_same_certificate_is_kept_once_and_garbage_never(store: CertificateStore, authority: Authority) -> None:
    holder = authority.leaf("Once")
    order = {
        "unit_id": "unit",
        "label": "x",
        "role": CertificateRole.PERSON,
        "chain_ders": [],
        "key_source_uri": "x",
        "now": authority.now,
    }
    store.add(certificate_der=holder.der, **order)  # type: ignore[arg-type]

    with pytest.raises(CertificateAlreadyKept):
        store.add(certificate_der=holder.der, **order)  # type: ignore[arg-type]
    with pytest.raises(CertificateUnreadable):
        store.add(certificate_der=b"0", **order)  # type: ignore[arg-type]


def test_a_key_is_held_released_and_withdrawn_but_never_brought_back(
    store: CertificateStore, session: Session, authority: Authority, at: datetime
) -> None:
    old, new = add(store, authority, "Old"), add(store, authority, "New")

    assert store.hold(old.id, "pin-incorrect", at).state == "held"
    assert store.hold(old.id, "token-absent", at).hold_code == "pin-incorrect"
    assert store.release(old.id, "an operator", at).state == "active"
    with pytest.raises(CertificateStateConflict):
        store.release(old.id, "an operator", at)
    assert store.withdraw(old.id, replaced_by=new.id).replaced_by == new.id
    session.flush()
    for change in (lambda: store.hold(old.id, "x", at), lambda: store.withdraw(old.id)):
        with pytest.raises(CertificateStateConflict):
            change()
    with pytest.raises(CertificateUnknown):
        store.get("nobody")


def test_an_anchor_counts_only_after_a_second_person_confirmed_it(
    store: CertificateStore, authority: Authority, at: datetime
) -> None:
    def install(purpose: Purpose = Purpose.TSA) -> str:
        return store.install_anchor(
            unit_id="city",
            purpose=purpose,
            certificate_der=authority.root.der,
            installed_by="an operator",
            trusted_from=at - timedelta(days=9),
            now=at,
        ).id

    anchor = install()
    assert install() == anchor != install(Purpose.OFFICIAL)
    assert store.anchors() == ()
    with pytest.raises(AnchorNeedsSecondPerson):
        store.confirm_anchor(anchor, "an operator", at)
    store.confirm_anchor(anchor, "an auditor", at)

    assert [a.certificate_der for a in store.anchors(Purpose.TSA, at)] == [authority.root.der]
    assert store.anchors(Purpose.OFFICIAL) == ()
    store.end_anchor(anchor, at - timedelta(days=1))
    assert store.anchors(Purpose.TSA, at) == ()
    assert len(store.anchors(Purpose.TSA, at - timedelta(days=2))) == 1
    with pytest.raises(AnchorUnknown):
        store.confirm_anchor("nobody", "x", at)


def test_the_database_itself_refuses_a_hold_without_a_code_and_a_lone_confirmation(
    store: CertificateStore, session: Session, authority: Authority, at: datetime
) -> None:
    row = add(store, authority)
    session.commit()
    row.state = "held"
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
    anchor = store.install_anchor(
        unit_id="city",
        purpose=Purpose.TSA,
        certificate_der=authority.root.der,
        installed_by="one",
        trusted_from=at,
        now=at,
    )
    anchor.confirmed_by = "one"
    with pytest.raises(IntegrityError):
        session.flush()


def test_evidence_is_kept_by_address_and_replaced(store: CertificateStore, session: Session, at: datetime) -> None:
    older, newer = (EvidenceItem("crl", der, "http://a", at, at + timedelta(days=1)) for der in (b"older", b"newer"))
    store.keep_evidence("http://a", older, at - timedelta(hours=2))
    store.keep_evidence("http://a", newer, at - timedelta(hours=1))
    session.commit()
    session.expire_all()

    kept = store.find_kept("http://a", "crl", at - timedelta(hours=1))
    assert kept is not None
    assert (kept.der, kept.size_bytes, kept.blob_sha256) == (newer.der, 5, None)
    assert store.find_kept("http://a", "crl", at) is None
    assert store.find_kept("http://a", "ocsp", at - timedelta(days=1)) is None


def test_a_replaced_blob_is_named_once_nothing_points_to_it(store: CertificateStore, at: datetime) -> None:
    item = EvidenceItem("crl", b"large", "http://a", at, at + timedelta(days=1))

    assert store.keep_evidence("http://a", item, at, "1" * 64) is None
    assert store.keep_evidence("http://b", item, at, "1" * 64) is None
    assert store.keep_evidence("http://a", item, at, "2" * 64) is None  # the other address still has it
    assert store.keep_evidence("http://b", item, at, "2" * 64) == "1" * 64
    assert store.keep_evidence("http://b", item, at) is None
    kept = store.find_kept("http://a", "crl", at)
    assert kept is not None
    assert (kept.der, kept.size_bytes) == (b"", 5)
