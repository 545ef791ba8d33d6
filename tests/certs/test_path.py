"""Paths judged against NIST's suite, against openssl, and by each way in which a certificate can be wrong."""

import json
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from certs.algorithms import AlgorithmTable, parse_algorithms, shipped_algorithms
from certs.model import Indication, PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.authority import DOCUMENT_SIGNING, Authority, Holder, key_usage

# The suite is of its time: a few keys are of DSA 1024, under signatures over SHA-1.
OF_ITS_TIME = b'[digest.sha1]\nall = "no end"\n[[key.dsa]]\nfrom_bits = 1024\nall = "no end"\n'
CASES_OF_SECTION = dict(zip(range(1, 17), (6, 8, 11, 21, 8, 17, 5, 35, 8, 20, 11, 11, 38, 35, 10, 2), strict=True))


def evidence_for(authority: Authority, holder: Holder) -> RevocationEvidence:
    items = (
        EvidenceItem("ocsp", authority.ocsp(holder.certificate), "test"),
        EvidenceItem("crl", authority.crl(authority.root), "test"),
    )
    return RevocationEvidence(items)


def test_a_good_certificate_passes_with_its_status_and_its_path(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    holder = authority.leaf("Nguyễn Văn Ví Dụ")

    result = check_path(
        holder.der, [authority.issuing.der], anchors, evidence_for(authority, holder), at, Purpose.OFFICIAL
    )

    assert result.indication is Indication.PASSED
    assert result.path_der == (holder.der, authority.issuing.der, authority.root.der)
    assert (result.revocation.status, result.revocation.source) == ("good", "ocsp")


@pytest.mark.parametrize(
    ("changes", "sub"),
    [
        ({"ends": timedelta(days=-1)}, SubIndication.OUT_OF_BOUNDS_NO_POE),
        ({"starts": timedelta(days=1)}, SubIndication.NOT_YET_VALID),
        ({"usage": key_usage(key_encipherment=True)}, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ({"extended": [ExtendedKeyUsageOID.SERVER_AUTH]}, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ({"extended": [ExtendedKeyUsageOID.TIME_STAMPING]}, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ({"extended": [DOCUMENT_SIGNING]}, None),
        ({"extended": [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]}, None),
        ({"usage": key_usage(content_commitment=True)}, None),
    ],
)
def test_each_way_of_being_wrong_has_its_own_sub_indication(
    authority: Authority,
    anchors: tuple[TrustAnchor, ...],
    at: datetime,
    changes: dict[str, object],
    sub: SubIndication | None,
) -> None:
    holder = authority.leaf("Leaf", **changes)  # type: ignore[arg-type]

    result = check_path(
        holder.der, [authority.issuing.der], anchors, evidence_for(authority, holder), at, Purpose.OFFICIAL
    )

    assert result.sub_indication is sub


def test_a_short_rsa_key_is_refused_as_too_weak(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    ca = Holder(authority.issuing.certificate, authority.issuing.key)
    holder = authority.leaf("Weak", key=short, issuer=ca)

    result = check_path(
        holder.der, [authority.issuing.der], anchors, evidence_for(authority, holder), at, Purpose.OFFICIAL
    )

    assert result.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_path_to_a_root_that_nobody_installed_is_not_trusted(authority: Authority, at: datetime) -> None:
    holder = authority.leaf("Leaf")
    chain = [authority.issuing.der, authority.root.der]

    result = check_path(holder.der, chain, (), evidence_for(authority, holder), at, Purpose.OFFICIAL)

    assert result.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_ca_with_the_right_name_and_the_wrong_key_is_not_trusted(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    holder = authority.leaf("Forged", issuer=authority.stranger)
    chain = [authority.stranger.der, authority.issuing.der]

    assert not check_path(holder.der, chain, anchors, None, at, Purpose.OFFICIAL).passed


def test_an_anchor_counts_only_while_the_operator_trusts_it(authority: Authority, at: datetime) -> None:
    holder = authority.leaf("Leaf")
    ended = TrustAnchor(authority.root.der, Purpose.OFFICIAL, at - timedelta(days=90), at - timedelta(days=30))

    def passed(moment: datetime) -> bool:
        return check_path(holder.der, [authority.issuing.der], (ended,), None, moment, Purpose.OFFICIAL).passed

    assert passed(at - timedelta(days=60))
    assert not passed(at)
    assert not passed(at - timedelta(days=91))


def test_without_any_answer_about_revocation_the_finding_is_to_try_later(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    holder = authority.leaf("Leaf")
    stale = EvidenceItem("ocsp", authority.ocsp(holder.certificate, at=at - timedelta(days=3)), "test")

    for evidence in (RevocationEvidence(), RevocationEvidence((stale,))):
        result = check_path(holder.der, [authority.issuing.der], anchors, evidence, at, Purpose.OFFICIAL)
        assert result.sub_indication is SubIndication.TRY_LATER


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_a_revocation_counts_from_its_own_time_on(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime, kind: str
) -> None:
    holder = authority.leaf("Revoked")
    authority.revoke(holder, at - timedelta(days=2))
    der = authority.crl() if kind == "crl" else authority.ocsp(holder.certificate)
    evidence = RevocationEvidence(
        (EvidenceItem(kind, der, "test"), EvidenceItem("crl", authority.crl(authority.root), "test"))
    )

    def judged(moment: datetime):  # type: ignore[no-untyped-def]
        return check_path(holder.der, [authority.issuing.der], anchors, evidence, moment, Purpose.OFFICIAL)

    assert judged(at).sub_indication is SubIndication.REVOKED_NO_POE
    assert judged(at).revocation.revoked_at == at - timedelta(days=2)
    assert judged(at - timedelta(days=3)).passed


def test_a_revocation_in_a_list_weighs_more_than_an_older_good_answer(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    holder = authority.leaf("Revoked")
    older_good = authority.ocsp(holder.certificate, at=at - timedelta(hours=2))
    authority.revoke(holder, at - timedelta(hours=1))
    items = [("ocsp", older_good), ("crl", authority.crl()), ("crl", authority.crl(authority.root))]
    evidence = RevocationEvidence(tuple(EvidenceItem(kind, der, "test") for kind, der in items))

    result = check_path(holder.der, [authority.issuing.der], anchors, evidence, at, Purpose.OFFICIAL)

    assert result.sub_indication is SubIndication.REVOKED_NO_POE


def test_a_hold_that_was_lifted_counts_no_more(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    holder = authority.leaf("Held once")
    authority.revoke(holder, at - timedelta(days=2), ReasonFlags.certificate_hold)
    held = authority.crl(at=at - timedelta(days=1))
    del authority.revoked[holder.certificate.serial_number]
    root_list = EvidenceItem("crl", authority.crl(authority.root), "test")

    def judged(*ders: bytes):  # type: ignore[no-untyped-def]
        items = tuple(EvidenceItem("crl", der, "test") for der in ders)
        evidence = RevocationEvidence((*items, root_list))
        return check_path(holder.der, [authority.issuing.der], anchors, evidence, at, Purpose.OFFICIAL)

    assert judged(held).sub_indication is SubIndication.REVOKED_NO_POE
    assert judged(authority.crl()).passed


def test_a_list_from_after_the_certificates_end_tells_nothing(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    """A CA may drop expired certificates from its lists, so absence is no proof any more."""
    holder = authority.leaf("Ended", ends=timedelta(days=-10))
    root_list = EvidenceItem("crl", authority.crl(authority.root), "test")
    before_end = at - timedelta(days=11)

    def judged(issued_at: datetime):  # type: ignore[no-untyped-def]
        own = EvidenceItem("crl", authority.crl(at=issued_at, lasts=timedelta(days=30)), "test")
        evidence = RevocationEvidence((own, root_list))
        return check_path(holder.der, [authority.issuing.der], anchors, evidence, before_end, Purpose.OFFICIAL)

    assert judged(at - timedelta(days=12)).passed
    assert judged(at).sub_indication is SubIndication.TRY_LATER


@pytest.mark.parametrize("changes", [{}, {"extended_critical": False}, {"extended": None}])
def test_a_time_stamp_authority_needs_the_critical_usage_alone(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime, changes: dict[str, object]
) -> None:
    tsa = authority.tsa(**changes)

    result = check_path(tsa.der, [authority.issuing.der], anchors, evidence_for(authority, tsa), at, Purpose.TSA)

    assert result.passed is (changes == {})


@pytest.mark.parametrize("der", [b"", b"\x30\x80" * 5000, b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----"])
def test_bytes_that_are_no_certificate_are_a_finding(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime, der: bytes
) -> None:
    assert check_path(der, [], anchors, None, at, Purpose.OFFICIAL).sub_indication is (
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    )
    holder = authority.leaf("Leaf")
    assert check_path(holder.der, [der, authority.issuing.der], anchors, None, at, Purpose.OFFICIAL).passed


def test_openssl_verify_agrees_on_each_variant(authority: Authority, tmp_path: Path, at: datetime) -> None:
    revoked = authority.leaf("Revoked")
    authority.revoke(revoked, at - timedelta(days=1))
    holders = [
        authority.leaf("Good"),
        revoked,
        authority.leaf("Expired", ends=timedelta(days=-1)),
        authority.leaf("Early", starts=timedelta(days=1)),
        authority.leaf("Forged", issuer=authority.stranger),
    ]
    anchor = TrustAnchor(authority.root.der, Purpose.OFFICIAL, datetime(2000, 1, 1, tzinfo=UTC))
    crls = [authority.crl(), authority.crl(authority.root)]
    pem = Encoding.PEM
    (tmp_path / "root").write_bytes(authority.root.certificate.public_bytes(pem))
    (tmp_path / "ca").write_bytes(authority.issuing.certificate.public_bytes(pem))
    for number, der in enumerate(crls):
        command = ["openssl", "crl", "-inform", "DER", "-out", f"crl{number}"]
        subprocess.run(command, input=der, cwd=tmp_path, check=True, capture_output=True)
    options = ["-crl_check_all", "-CRLfile", "crl0", "-CRLfile", "crl1", "-attime", str(int(at.timestamp()))]
    for holder in holders:
        (tmp_path / "leaf").write_bytes(holder.certificate.public_bytes(pem))
        command = ["openssl", "verify", "-CAfile", "root", "-untrusted", "ca", *options, "leaf"]
        theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
        evidence = RevocationEvidence(tuple(EvidenceItem("crl", der, "test") for der in crls))
        ours = check_path(holder.der, [authority.issuing.der], (anchor,), evidence, at, Purpose.OFFICIAL)

        assert ours.passed is theirs, ours


def judged_by_nists_case(folder: Path, case: dict[str, Any], anchor: TrustAnchor, table: AlgorithmTable) -> PathResult:
    names = dict.fromkeys([*case.get("crls", []), "TrustAnchorRootCRL.crl"])
    items = tuple(EvidenceItem("crl", (folder / "crls" / name).read_bytes(), "pkits") for name in names)
    parameters = {k: frozenset(v) if isinstance(v, list) else v for k, v in (case.get("params") or {}).items()}
    return check_path(
        (folder / "certs" / case["cert"]).read_bytes(),
        [(folder / "certs" / name).read_bytes() for name in case.get("other_certs", [])],
        (anchor,),
        None if case.get("revocation") is False else RevocationEvidence(items),
        datetime(2022, 5, 1, tzinfo=UTC),
        None,
        PKIXValidationParams(**parameters) if parameters else None,
        table,
    )


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
def test_nists_suite_is_judged_as_nist_says_in_every_section(corpus: Path) -> None:
    """All 246 cases of PKITS, without a deviation."""
    folder = corpus / "pkits"
    since = datetime(2000, 1, 1, tzinfo=UTC)
    anchor = TrustAnchor((folder / "certs/TrustAnchorRootCertificate.crt").read_bytes(), Purpose.CITIZEN, since)
    shipped, old = shipped_algorithms(), parse_algorithms(OF_ITS_TIME)
    table = AlgorithmTable({**shipped.digests, **old.digests}, {**shipped.keys, **old.keys})
    wrong, agreed = [], Counter[int]()
    for case in json.loads((folder / "pkits.json").read_text()):
        result = judged_by_nists_case(folder, case, anchor, table)
        if result.passed is case["valid"]:
            agreed[int(case["id"][1:3])] += 1
        else:
            wrong.append((case["id"], case["name"], result.fact))

    assert wrong == []
    assert agreed == Counter(CASES_OF_SECTION)
    assert sum(CASES_OF_SECTION.values()) == 246
