"""What a signature is worth by its certificate, its time and the evidence at hand."""

import json
import pickle
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import crl, ocsp
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from certs.algorithms import AlgorithmTable, parse_algorithms, shipped_algorithms
from certs.model import Indication, SubIndication
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import HttpExchange
from certs.revocation.gather import RevocationGatherer
from certs.revocation.model import EvidenceItem, FetchFailure, RevocationEvidence
from signing.validation.document import collect_evidence_needs, validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Overall, SignatureReport, ValidationReport
from tests.certs.authority import Holder, key_usage
from tests.signing.validation.conftest import Bench, asn1

DAY = timedelta(days=1)


def only(report: ValidationReport) -> SignatureReport:
    assert len(report.signatures) == 1
    return report.signatures[0]


def codes(signature: SignatureReport) -> list[str]:
    return [reason.code for reason in signature.reasons]


def pdfsig(path: Path) -> str:
    return subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout


def test_a_good_b_t_signature_passes_and_says_who_when_and_why(bench: Bench, official: Holder, tsa: Holder) -> None:
    stamped_at = bench.at - timedelta(minutes=3)
    pdf = bench.sign(official, tsa=tsa, stamped_at=stamped_at)

    report = bench.validate(pdf, bench.policy(official, tsa))

    signature = only(report)
    assert report.overall is Overall.PASSED
    assert (signature.indication, signature.sub_indication) == (Indication.PASSED, None)
    assert (signature.signer_name, signature.organisation) == ("Nguyễn Văn Ví Dụ", "UBND phường Thử Nghiệm")
    assert (signature.best_signature_time, signature.timestamp_by) == (stamped_at, "Test TSA")
    assert (signature.level, signature.intact, signature.covers_whole_document) == ("PAdES-B-T", True, True)
    assert signature.chain_names == ("Nguyễn Văn Ví Dụ", "Test Issuing CA", "Test Root")
    assert (signature.revocation.status, signature.revocation.source) == ("good", "ocsp")
    assert codes(signature)[:2] == ["signature-passed", "timestamp-good"]
    assert "Signature Validation: Signature is Valid." in pdfsig(bench.write(pdf))


def test_a_report_crosses_processes_and_becomes_json(bench: Bench, official: Holder, tsa: Holder) -> None:
    report = bench.validate(bench.sign(official, tsa=tsa), bench.policy(official, tsa))

    shown = json.loads(json.dumps(report.to_dict()))

    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301
    assert shown["overall"] == "TOTAL_PASSED"
    assert shown["signatures"][0]["modified_after"] is False
    assert shown["signatures"][0]["best_signature_time"].endswith("Z")
    assert {reason["vi"] != "" and reason["en"] != "" for reason in shown["signatures"][0]["reasons"]} == {True}


def test_without_a_time_stamp_the_time_is_only_claimed(bench: Bench, official: Holder) -> None:
    signature = only(bench.validate(bench.sign(official), bench.policy(official)))

    assert signature.indication is Indication.PASSED
    assert (signature.level, signature.best_signature_time) == ("PAdES-B-B", bench.at)
    assert "no-timestamp" in codes(signature)


def test_the_whole_way_from_needs_over_the_network_to_a_verdict(bench: Bench, official: Holder, tsa: Holder) -> None:
    path = bench.write(bench.sign(official, tsa=tsa))
    gatherer = RevocationGatherer(HttpExchange(lambda _: None), MemoryCache())

    needs = collect_evidence_needs(path, (bench.authority.root.der,))
    evidence = gatherer.gather(needs.queries, bench.at)
    report = validate_pdf(path, ValidationPolicy(bench.policy().anchors, evidence), bench.at)

    asked = {query.certificate_der for query in needs.queries}
    assert asked == {official.der, tsa.der, bench.authority.issuing.der}
    assert report.overall is Overall.PASSED


@pytest.mark.parametrize(
    ("changes", "sub"),
    [
        ({"usage": key_usage(key_encipherment=True)}, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ({"starts": DAY}, SubIndication.NOT_YET_VALID),
        ({"ends": -DAY}, SubIndication.OUT_OF_BOUNDS_NO_POE),
    ],
)
def test_a_wrong_certificate_never_passes(bench: Bench, changes: dict[str, object], sub: SubIndication) -> None:
    holder = bench.authority.leaf("Wrong", **changes)  # type: ignore[arg-type]

    signature = only(bench.validate(bench.sign(holder), bench.policy(holder)))

    assert signature.sub_indication is sub
    assert signature.intact is True


def test_a_short_key_never_passes(bench: Bench) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    holder = bench.authority.leaf("Weak", key=short)

    signature = only(bench.validate(bench.sign(holder), bench.policy(holder)))

    assert signature.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def ending(bench: Bench, *holders: Holder, digest: str, last_day: date) -> ValidationPolicy:
    """A policy under which one digest ends for documents on a day."""
    rules = f'[digest.{digest}]\nall = "no end"\ndocument = {last_day}\n'
    shipped, own = shipped_algorithms(), parse_algorithms(rules.encode())
    return replace(bench.policy(*holders), algorithms=AlgorithmTable({**shipped.digests, **own.digests}, shipped.keys))


def test_a_digest_past_its_day_is_named_with_the_day_and_the_signature_is_not_called_broken(
    bench: Bench, official: Holder
) -> None:
    yesterday = (bench.at - DAY).date()

    signature = only(bench.validate(bench.sign(official), ending(bench, official, digest="sha256", last_day=yesterday)))

    assert (signature.indication, signature.intact) == (Indication.INDETERMINATE, True)
    assert signature.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    assert signature.reasons[0].code == "algorithm-weak"
    assert f"SHA-256, chỉ được chấp nhận đến hết ngày {yesterday:%d/%m/%Y}" in signature.reasons[0].vi
    assert f"SHA-256, until {yesterday}" in signature.reasons[0].en


def test_a_trusted_time_stamp_from_before_the_day_keeps_the_signature_good(
    bench: Bench, official: Holder, tsa: Holder
) -> None:
    stamped_at = bench.at - 3 * DAY
    pdf = bench.sign(official, tsa=tsa, stamped_at=stamped_at)

    def indication(last_day: date) -> Indication:
        return only(bench.validate(pdf, ending(bench, official, tsa, digest="sha256", last_day=last_day))).indication

    assert indication(stamped_at.date()) is Indication.PASSED
    assert indication((stamped_at - DAY).date()) is Indication.INDETERMINATE


def test_a_signer_under_no_installed_anchor_is_not_trusted(bench: Bench, official: Holder) -> None:
    """The anchor for time-stamps does not vouch for signers, nor the other way round."""
    signature = only(bench.validate(bench.sign(official), bench.policy(official, signer=False)))

    assert signature.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert codes(signature)[0] == "not-trusted"


def test_no_answer_about_revocation_means_try_later(bench: Bench, official: Holder) -> None:
    signature = only(bench.validate(bench.sign(official), bench.policy()))

    assert (signature.indication, signature.sub_indication) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)


@pytest.mark.parametrize(("revoked_days_ago", "passes"), [(10, False), (2, True)])
def test_a_time_stamp_from_before_the_revocation_saves_a_signature(
    bench: Bench,
    tsa: Holder,
    revoked_at: Callable[[timedelta], Holder],
    revoked_days_ago: int,
    passes: bool,
) -> None:
    holder = revoked_at(revoked_days_ago * DAY)
    pdf = bench.sign(holder, tsa=tsa, stamped_at=bench.at - 5 * DAY)

    signature = only(bench.validate(pdf, bench.policy(holder, tsa)))

    assert (signature.indication is Indication.PASSED) is passes
    assert signature.sub_indication is (None if passes else SubIndication.REVOKED_NO_POE)


def test_a_revoked_signer_without_a_trusted_time_stamp_does_not_pass(
    bench: Bench, tsa: Holder, revoked_at: Callable[[timedelta], Holder]
) -> None:
    """A claimed time, or a time-stamp by an authority that nobody installed, proves nothing."""
    holder = revoked_at(2 * DAY)
    pdf = bench.sign(holder, tsa=tsa, stamped_at=bench.at - 5 * DAY)

    for signature in (
        only(bench.validate(bench.sign(holder), bench.policy(holder))),
        only(bench.validate(pdf, bench.policy(holder, tsa, tsa=False))),
    ):
        assert signature.sub_indication is SubIndication.REVOKED_NO_POE


def test_a_time_stamp_from_before_the_end_saves_an_expired_signature(bench: Bench, tsa: Holder) -> None:
    holder = bench.authority.leaf("Ended", ends=-2 * DAY)
    then = bench.at - 5 * DAY
    pdf = bench.sign(holder, tsa=tsa, stamped_at=then)
    at_that_time = bench.authority.ocsp(holder.certificate, at=then)
    policy = bench.policy(tsa)
    evidence = policy.evidence.joined(
        type(policy.evidence)((type(policy.evidence.items[0])("ocsp", at_that_time, "test", then),))
    )

    saved = only(bench.validate(pdf, ValidationPolicy(policy.anchors, evidence)))
    lost = only(bench.validate(pdf, bench.policy(holder, tsa)))

    assert saved.indication is Indication.PASSED
    assert lost.indication is Indication.INDETERMINATE


def test_a_time_stamp_from_before_the_certificate_is_a_contradiction(bench: Bench, tsa: Holder) -> None:
    holder = bench.authority.leaf("Young", starts=-DAY)
    pdf = bench.sign(holder, tsa=tsa, stamped_at=bench.at - 5 * DAY)

    signature = only(bench.validate(pdf, bench.policy(holder, tsa)))

    assert (signature.indication, signature.sub_indication) == (Indication.FAILED, SubIndication.NOT_YET_VALID)


@pytest.mark.parametrize("changes", [{"extended_critical": False}, {"extended": None}, {"ends": -DAY}])
def test_an_unfit_authority_proves_no_time(bench: Bench, official: Holder, changes: dict[str, object]) -> None:
    unfit = bench.authority.tsa(**changes)
    pdf = bench.sign(official, tsa=unfit, stamped_at=bench.at - 5 * DAY)

    signature = only(bench.validate(pdf, bench.policy(official, unfit)))

    assert "timestamp-unusable" in codes(signature)
    assert (signature.level, signature.best_signature_time) == ("PAdES-B-B", bench.at)


def test_a_time_stamp_from_the_future_is_not_believed(bench: Bench, official: Holder, tsa: Holder) -> None:
    pdf = bench.sign(official, tsa=tsa, stamped_at=bench.at + DAY)

    assert not only(bench.validate(pdf, bench.policy(official, tsa))).timestamps[0].trusted


def test_an_old_subfilter_is_no_pades_level(bench: Bench, official: Holder) -> None:
    pdf = bench.sign(official, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)

    signature = only(bench.validate(pdf, bench.policy(official)))

    assert (signature.indication, signature.level) == (Indication.PASSED, "PKCS7-B-B")


@pytest.mark.parametrize(("archival", "level"), [(False, "PAdES-B-LT"), (True, "PAdES-B-LTA")])
def test_evidence_in_the_file_is_enough_offline(
    bench: Bench, official: Holder, tsa: Holder, archival: bool, level: str
) -> None:
    context = bench.context(official, tsa)
    pdf = bench.sign(official, tsa=tsa, embed_validation_info=True, validation_context=context, use_pades_lta=archival)

    report = bench.validate(pdf, bench.policy())

    signature = only(report)
    assert (signature.indication, signature.level) == (Indication.PASSED, level)
    assert len(report.document_timestamps) == int(archival)
    assert all(stamp.trusted for stamp in report.document_timestamps)


def test_an_archival_time_stamp_carries_the_signature_beyond_its_authoritys_end(bench: Bench) -> None:
    """Years later the signer and the first time-stamp authority have ended; the archival one still stands."""
    signer = bench.authority.leaf("Ends soon", ends=10 * DAY)
    young = bench.authority.tsa(ends=20 * DAY)
    context = bench.context(signer, young)
    pdf = bench.sign(signer, tsa=young, embed_validation_info=True, validation_context=context, use_pades_lta=True)
    later = bench.at + 15 * DAY

    evidence = bench.authority.ocsp(young.certificate, at=later - timedelta(hours=1))
    root_list = bench.authority.crl(bench.authority.root, at=later - timedelta(hours=1))
    policy = bench.policy(young)
    items = tuple(
        type(policy.evidence.items[0])(kind, der, "test", later - timedelta(hours=1))
        for kind, der in (("ocsp", evidence), ("crl", root_list))
    )
    report = bench.validate(pdf, ValidationPolicy(policy.anchors, type(policy.evidence)(items)), later)

    assert only(report).indication is Indication.PASSED
    assert only(bench.validate(pdf, bench.policy(), bench.at + 30 * DAY)).indication is Indication.INDETERMINATE


def test_each_of_two_signatures_has_its_own_report(bench: Bench, official: Holder, tsa: Holder) -> None:
    seal = bench.authority.leaf("Test Seal")
    pdf = bench.sign(seal, source=bench.sign(official, tsa=tsa), tsa=tsa, field_name="Seal")

    report = bench.validate(pdf, bench.policy(official, seal, tsa))

    assert [s.field_name for s in report.signatures] == ["Signature1", "Seal"]
    assert [s.covers_whole_document for s in report.signatures] == [False, True]
    assert [s.modifications_after.value for s in report.signatures] == ["permitted", "none"]
    assert report.overall is Overall.PASSED
    assert pdfsig(bench.write(pdf)).count("Signature is Valid.") == 2


def test_where_nobody_could_say_the_report_names_each_answer_and_address(bench: Bench, official: Holder) -> None:
    """An answer about another certificate, a list by someone else, and a server that was silent."""
    other, stranger = bench.authority.leaf("Other"), bench.authority.stranger
    items = (
        EvidenceItem("ocsp", bench.authority.ocsp(other.certificate), "http://ocsp.example/", bench.at),
        EvidenceItem("crl", bench.authority.crl(stranger), "http://crl.example/", bench.at),
        EvidenceItem("crl", bench.authority.crl(bench.authority.root), "root", bench.at),
    )
    silent = (FetchFailure("http://silent.example/", "time-limit"),)
    policy = replace(bench.policy(official), evidence=RevocationEvidence(items, failures=silent))

    report = bench.validate(bench.sign(official), policy)

    assert only(report).sub_indication is SubIndication.TRY_LATER
    found = {(one.code, one.vi.rpartition("(")[2]) for one in only(report).revocation.findings}
    assert found == {
        ("other-certificate", "http://ocsp.example/)"),
        ("signer-not-entitled", "http://crl.example/)"),
        ("time-limit", "http://silent.example/)"),
    }
    assert len(report.to_dict()["signatures"][0]["revocation"]["findings"]) == 3


def test_what_counts_is_found_among_the_evidence_of_a_hundred_other_signers(bench: Bench, official: Holder) -> None:
    authority = bench.authority
    others = [authority.leaf(f"Official {number}") for number in range(100)]
    out = BytesIO(bench.sign(official))
    DocumentSecurityStore.add_dss(
        out,
        None,
        certs=[asn1(one) for one in (*others, authority.issuing)],
        ocsps=[ocsp.OCSPResponse.load(authority.ocsp(one.certificate)) for one in (*others, official)],
        crls=[crl.CertificateList.load(authority.crl(authority.root))],
    )
    alone = replace(bench.policy(official), evidence=RevocationEvidence())

    report = bench.validate(out.getvalue(), alone)

    assert report.overall is Overall.PASSED, only(report)
    assert only(report).revocation.source == "ocsp"
