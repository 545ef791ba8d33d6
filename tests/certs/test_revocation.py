"""Gathering of revocation status from responders that answer, lie, hang, drip and flood."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import AddressNotAllowed
from certs.revocation.answers import evidence_times, read_status
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import Exchange, ExchangeFailed, HttpExchange, Limits
from certs.revocation.gather import GatherLimits, RevocationGatherer
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.authority import Authority, Holder, StatusServer


def gather(gatherer: RevocationGatherer, authority: Authority, holder: Holder) -> RevocationEvidence:
    return gatherer.gather_for(holder.der, [authority.issuing.der], [authority.root.der], authority.now)


def statuses(evidence: RevocationEvidence, authority: Authority, holder: Holder) -> list[tuple[str, str]]:
    read = [read_status(item, holder.der, authority.issuing.der) for item in evidence.items]
    return [(status.source or "", status.status) for status in read if status is not None]


def test_ocsp_is_asked_first_and_then_no_crl(
    gatherer: RevocationGatherer, authority: Authority, server: StatusServer
) -> None:
    holder = authority.leaf("Good")

    evidence = gather(gatherer, authority, holder)

    assert statuses(evidence, authority, holder) == [("ocsp", "good")]
    assert server.calls == ["/fine/ocsp", "/fine/root.crl"]
    assert evidence.failures == ()


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("down", "http-status"),
        ("hang", "time-limit"),
        ("drip", "time-limit"),
        ("huge", "size-limit"),
        ("stranger", "signer-not-entitled"),
        ("other-serial", "other-certificate"),
    ],
)
def test_a_responder_that_fails_or_lies_is_named_and_gives_no_status(
    gatherer: RevocationGatherer, authority: Authority, behaviour: str, code: str
) -> None:
    holder = authority.leaf("Good", behaviour=behaviour, addresses=("ocsp",))
    started = time.monotonic()

    evidence = gather(gatherer, authority, holder)

    assert time.monotonic() - started < 2
    assert statuses(evidence, authority, holder) == []
    assert [failure.code for failure in evidence.failures] == [code]


@pytest.mark.parametrize("behaviour", ["down", "hang", "drip", "huge", "stranger"])
def test_a_crl_address_that_fails_or_lies_gives_no_status(
    gatherer: RevocationGatherer, authority: Authority, behaviour: str
) -> None:
    holder = authority.leaf("Good", behaviour=behaviour, addresses=("crl",))

    assert statuses(gather(gatherer, authority, holder), authority, holder) == []


def test_a_crl_serves_where_no_responder_is_named(gatherer: RevocationGatherer, authority: Authority) -> None:
    holder = authority.leaf("Revoked", addresses=("crl",))
    authority.revoke(holder, authority.now - timedelta(days=1))

    assert statuses(gather(gatherer, authority, holder), authority, holder) == [("crl", "revoked")]


def test_the_whole_gathering_is_bounded_however_many_addresses_hang(
    authority: Authority, loopback_only: Callable[[str], None]
) -> None:
    limits = GatherLimits(total_timeout_seconds=0.8, each_timeout_seconds=0.5)
    gatherer = RevocationGatherer(HttpExchange(loopback_only), MemoryCache(), limits)
    holder = authority.leaf("Good", behaviour="hang")
    started = time.monotonic()

    evidence = gather(gatherer, authority, holder)

    assert time.monotonic() - started < 1.5
    assert {failure.code for failure in evidence.failures} == {"time-limit"}


def test_an_address_that_is_not_allowed_is_never_called(authority: Authority, server: StatusServer) -> None:
    def refuse(address: str) -> None:
        raise AddressNotAllowed(address)

    evidence = gather(RevocationGatherer(HttpExchange(refuse), MemoryCache()), authority, authority.leaf("Good"))

    assert server.calls == []
    assert {failure.code for failure in evidence.failures} == {"address-not-allowed"}


def test_a_redirect_is_followed_only_where_its_target_is_allowed(
    loopback_only: Callable[[str], None], server: StatusServer
) -> None:
    asked: list[str] = []

    def first_only(address: str) -> None:
        asked.append(address)
        if "/fine/" in address:
            raise AddressNotAllowed(address)

    address = f"{server.base_url}/redirect/issuing.crl"
    assert evidence_times("crl", HttpExchange(loopback_only)(address, None, None, Limits(2))) is not None
    with pytest.raises(ExchangeFailed, match="address-not-allowed"):
        HttpExchange(first_only)(address, None, None, Limits(2))
    assert asked == [address, f"{server.base_url}/", address.replace("redirect", "fine")]


def test_a_name_that_leads_elsewhere_when_it_is_called_is_stopped(server: StatusServer) -> None:
    """The guard saw a public number; the connection ends on loopback."""

    def names_only(address: str) -> None:
        if "localhost" not in address:
            raise AddressNotAllowed(address)

    address = server.base_url.replace("127.0.0.1", "localhost") + "/fine/issuing.crl"
    with pytest.raises(ExchangeFailed, match="address-not-allowed"):
        HttpExchange(names_only)(address, None, None, Limits(2))
    assert server.calls == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http:///x"])
def test_only_plain_http_addresses_are_called(address: str) -> None:
    with pytest.raises(ExchangeFailed, match="address-not-allowed"):
        HttpExchange(lambda _: None)(address, None, None, Limits(1))


def test_an_answer_is_asked_for_once_while_it_is_young(
    gatherer: RevocationGatherer, authority: Authority, server: StatusServer
) -> None:
    holder = authority.leaf("Good")

    gather(gatherer, authority, holder)
    gather(gatherer, authority, holder)

    assert server.calls == ["/fine/ocsp", "/fine/root.crl"]


def test_a_strangers_answer_is_not_kept_for_others(authority: Authority, server: StatusServer) -> None:
    class Switching:
        """A wire on which somebody sits the first time."""

        def __init__(self) -> None:
            self.signers = [authority.stranger, authority.responder]

        def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
            return authority.ocsp(holder.certificate, signer=self.signers.pop(0))

    holder = authority.leaf("Good", addresses=("ocsp",))
    wire: Exchange = Switching()
    gatherer = RevocationGatherer(wire, MemoryCache())
    leaf_query = gatherer_queries(holder, authority)

    assert statuses(gatherer.gather(leaf_query, authority.now), authority, holder) == []
    assert statuses(gatherer.gather(leaf_query, authority.now), authority, holder) == [("ocsp", "good")]


def gatherer_queries(holder: Holder, authority: Authority):  # type: ignore[no-untyped-def]
    from certs.revocation.addresses import build_status_queries

    return build_status_queries(holder.der, [authority.issuing.der], [authority.root.der])[:1]


def test_a_missing_issuer_is_fetched_by_its_address(
    gatherer: RevocationGatherer, authority: Authority, server: StatusServer
) -> None:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    places = [
        (AuthorityInformationAccessOID.CA_ISSUERS, "issuing.cer"),
        (AuthorityInformationAccessOID.OCSP, "ocsp"),
    ]
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(f"{server.base_url}/fine/{path}"))
            for method, path in places
        ]
    )
    holder = authority.leaf("Good", addresses=None, more=[access])

    evidence = gatherer.gather_for(holder.der, [], [], authority.now)

    assert evidence.certificates_der == (authority.issuing.der,)
    assert ("ocsp", "good") in statuses(evidence, authority, holder)


def test_openssl_reads_the_same_ocsp_answer(authority: Authority, tmp_path: Path, at: datetime) -> None:
    good, bad = authority.leaf("Good"), authority.leaf("Bad")
    authority.revoke(bad, at - timedelta(days=2))
    for holder, expected in ((good, "good"), (bad, "revoked")):
        (tmp_path / "answer").write_bytes(authority.ocsp(holder.certificate))
        for name, one in (("ca", authority.issuing), ("leaf", holder), ("root", authority.root)):
            (tmp_path / name).write_bytes(one.certificate.public_bytes(Encoding.PEM))
        command = ["openssl", "ocsp", "-respin", "answer", "-issuer", "ca", "-cert", "leaf", "-CAfile", "root"]
        said = subprocess.run(
            [*command, "-verify_other", "ca", "-partial_chain"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        item = EvidenceItem("ocsp", (tmp_path / "answer").read_bytes(), "test")
        status = read_status(item, holder.der, authority.issuing.der)

        assert f"leaf: {expected}" in said.stdout
        assert status is not None
        assert status.status == expected


def test_openssl_and_we_accept_the_same_crl_signers(authority: Authority, tmp_path: Path) -> None:
    holder = authority.leaf("Good")
    (tmp_path / "ca").write_bytes(authority.issuing.certificate.public_bytes(Encoding.PEM))
    for signer, accepted in ((authority.issuing, True), (authority.stranger, False)):
        der = authority.crl(signer)
        (tmp_path / "crl").write_bytes(der)
        command = ["openssl", "crl", "-inform", "DER", "-in", "crl", "-CAfile", "ca", "-noout", "-verify"]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        status = read_status(EvidenceItem("crl", der, "test"), holder.der, authority.issuing.der)

        assert ("verify OK" in said.stderr + said.stdout) is accepted
        assert (status is not None) is accepted


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
@pytest.mark.parametrize("der", [b"", b"0", b"\x30\x80" * 2000, b"<html>", b"\x30\x84\xff\xff\xff\xff"])
def test_bytes_that_are_no_evidence_say_nothing(authority: Authority, kind: str, der: bytes) -> None:
    assert evidence_times(kind, der) is None
    assert read_status(EvidenceItem(kind, der, "x"), authority.issuing.der, authority.root.der) is None


def test_a_responder_that_the_issuer_did_not_certify_for_it_does_not_count(authority: Authority) -> None:
    holder, colleague = authority.leaf("Good"), authority.leaf("Colleague")
    item = EvidenceItem("ocsp", authority.ocsp(holder.certificate, signer=colleague), "test")

    assert read_status(item, holder.der, authority.issuing.der) is None
    by_issuer = replace(item, der=authority.ocsp(holder.certificate, signer=authority.issuing))
    assert read_status(by_issuer, holder.der, authority.issuing.der) is not None
