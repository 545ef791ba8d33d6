"""Steps that wait for people, stages with a quorum, delegation, deadlines, and documents that fail beside others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.devpki.model import OFFICIAL, SEAL
from gateway.jobs.handlers.expiry import expire_signing_requests
from signing.store import SigningStepRow
from tests.journeys.city import DECISION, City, good_signatures

INVISIBLE = {"kind": "invisible"}
CHAIR = {"actor": "nguyen.van.vi.du", "actor_role": "chu-tich", "from_address": "10.1.2.3"}
# A scan has no text by which a signature could find its place.
PLAIN = Path(__file__).parents[1] / "documents" / "quyet-dinh.scan200dpi.pdf"


def ask(city: City, *steps: dict[str, Any], documents: tuple[Path, ...] = (DECISION,)):
    ids = [city.upload(path).get_json()["id"] for path in documents]
    body = {
        "dossier_code": "HS-1",
        "title": "Quyết định",
        "document_ids": ids,
        "steps": [{"placement": INVISIBLE, **step} for step in steps],
    }
    return city.post("/v1/signing-requests", body)


def person(city: City, **more: Any) -> dict[str, Any]:
    return {"profile": "person", "certificate_id": city.seed.certificates[OFFICIAL], **more}


def seal(city: City, **more: Any) -> dict[str, Any]:
    return {"profile": "organisation", "certificate_id": city.seed.certificates[SEAL], **more}


def act(city: City, request: dict[str, Any], position: int, verb: str, **body: Any):
    return city.post(f"/v1/signing-requests/{request['id']}/steps/{position}/{verb}", {**CHAIR, **body})


def states(request: dict[str, Any]) -> list[str]:
    return [step["state"] for step in request["steps"]]


def test_a_step_signs_only_after_its_approver_said_yes_and_the_act_is_kept(city: City) -> None:
    request = ask(city, person(city, needs_approval=True, signer_role="chu-tich"), seal(city)).get_json()
    city.work()
    assert states(city.request(request)) == ["awaiting", "pending"]

    wrong = act(city, request, 0, "approve", actor_role="van-thu")
    early = act(city, request, 1, "approve")
    yes = act(city, request, 0, "approve", comment="Đồng ý")
    again = act(city, request, 0, "approve")
    city.work()

    assert [answer.get_json()["code"] for answer in (wrong, early, again)] == [
        "step-not-for-role",
        "step-not-awaiting",
        "step-not-awaiting",
    ]
    assert yes.status_code == 200
    done = city.request(request)
    assert (done["state"], states(done), done["progress_percent"]) == ("completed", ["completed"] * 2, 100)
    kept = done["acts"][0]
    assert (kept["act"], kept["step"], kept["actor"], kept["actor_role"], kept["from_address"], kept["text"]) == (
        "approve",
        0,
        "nguyen.van.vi.du",
        "chu-tich",
        "10.1.2.3",
        "Đồng ý",
    )
    assert len(city.audited("signing-step.approve")) == 1
    assert good_signatures(city.signed_file(request)) == 2


def test_a_step_for_a_role_is_taken_up_with_a_certificate_that_fits(city: City) -> None:
    request = ask(city, person(city, certificate_id=None, needs_approval=True, signer_role="chu-tich")).get_json()

    nobody = act(city, request, 0, "approve")
    wrong = act(city, request, 0, "approve", certificate_id=city.seed.certificates[SEAL])
    right = act(city, request, 0, "approve", certificate_id=city.seed.certificates[OFFICIAL])
    city.work()

    assert [nobody.get_json()["code"], wrong.get_json()["code"]] == ["certificate-unknown", "certificate-wrong-role"]
    assert right.get_json()["steps"][0]["certificate_id"] == city.seed.certificates[OFFICIAL]
    assert city.request(request)["state"] == "completed"


def test_a_refused_step_ends_the_request_and_nothing_is_signed(city: City) -> None:
    request = ask(city, person(city, needs_approval=True), seal(city)).get_json()

    answer = act(city, request, 0, "refuse", reason="Sai căn cứ")
    city.work()

    assert answer.get_json()["state"] == "refused"
    assert states(city.request(request)) == ["refused", "refused"]
    assert city.audited("document.signed") == []
    assert act(city, request, 0, "approve").get_json()["code"] == "signing-request-ended"


def test_of_a_stage_with_a_quorum_enough_sign_and_the_rest_is_skipped(city: City) -> None:
    steps = [person(city, needs_approval=True, stage=1, quorum=1), seal(city, needs_approval=True, stage=1, quorum=1)]
    request = ask(city, *steps, seal(city, stage=2)).get_json()

    act(city, request, 1, "approve")
    city.work()

    assert states(city.request(request)) == ["skipped", "completed", "completed"]
    assert good_signatures(city.signed_file(request)) == 2


def test_a_refusal_that_leaves_enough_signers_ends_nothing(city: City) -> None:
    steps = [person(city, needs_approval=True, stage=1, quorum=1), seal(city, needs_approval=True, stage=1, quorum=1)]
    request = ask(city, *steps).get_json()

    act(city, request, 0, "refuse", reason="Đi công tác")
    act(city, request, 1, "approve")
    city.work()

    assert (city.request(request)["state"], states(city.request(request))) == ("completed", ["refused", "completed"])


def test_steps_of_one_stage_sign_in_any_order(city: City) -> None:
    steps = [person(city, needs_approval=True, stage=1), seal(city, needs_approval=True, stage=1)]
    request = ask(city, *steps).get_json()

    act(city, request, 1, "approve")
    city.work()
    assert states(city.request(request)) == ["awaiting", "completed"]
    act(city, request, 0, "approve")
    city.work()

    assert city.request(request)["state"] == "completed"
    assert good_signatures(city.signed_file(request)) == 2


def test_a_step_is_delegated_before_it_signs_and_never_after(city: City) -> None:
    request = ask(city, person(city, certificate_id=city.seed.certificates["revoked"], needs_approval=True)).get_json()

    misfit = act(city, request, 0, "delegate", certificate_id=city.seed.certificates[SEAL], reason="x")
    good = act(city, request, 0, "delegate", certificate_id=city.seed.certificates[OFFICIAL], reason="Uỷ quyền")
    act(city, request, 0, "approve")
    city.work()
    late = act(city, request, 0, "delegate", certificate_id=city.seed.certificates[OFFICIAL], reason="x")

    assert misfit.get_json()["code"] == "certificate-wrong-role"
    assert good.status_code == 200
    assert city.request(request)["state"] == "completed"
    assert late.get_json()["code"] == "signing-request-ended"
    assert [item["act"] for item in city.request(request)["acts"]] == ["delegate", "approve"]


def test_one_document_that_fails_leaves_the_others_signed_and_says_which_and_why(city: City) -> None:
    placed = person(city, placement=None)
    # The same bytes twice are two documents, each with an id of its own.
    request = ask(city, placed, seal(city), documents=(DECISION, PLAIN, DECISION)).get_json()

    city.work()

    done = city.request(request)
    assert (done["state"], done["problem_code"]) == ("failed", "some-documents-failed")
    assert [document["state"] for document in done["documents"]] == ["signed", "failed", "signed"]
    assert done["documents"][1]["problem_code"] == "anchor-not-found"
    assert states(done) == ["completed", "completed"]
    assert good_signatures(city.signed_file(request)) == 2
    failed = request["documents"][1]["original_document_id"]
    answer = city.get(f"/v1/signing-requests/{request['id']}/documents/{failed}/signed")
    assert answer.get_json()["code"] == "not-signed-yet"
    assert len(city.events("signing-request.document-failed")) == 1
    told = city.events("signing-request.failed")[0].data
    assert (len(told["document_ids"]), told["failed_document_ids"]) == (2, [failed])


def test_a_steps_own_deadline_ends_the_request(city: City) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    request = ask(city, person(city, needs_approval=True, expires_at=soon.isoformat())).get_json()
    with city.services.unit_of_work() as work:
        work.session.execute(update(SigningStepRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        work.commit()

    expire_signing_requests(city.services, datetime.now(UTC))

    assert city.request(request)["state"] == "expired"
    assert act(city, request, 0, "approve").get_json()["code"] == "signing-request-ended"


def test_comments_are_kept_in_order_whatever_the_state(city: City) -> None:
    request = ask(city, person(city)).get_json()
    path = f"/v1/signing-requests/{request['id']}/comments"

    city.post(path, {**CHAIR, "text": "Xin xem lại căn cứ 3"})
    city.work()
    city.post(path, {**CHAIR, "text": "Đã xem"})

    assert [item["text"] for item in city.request(request)["acts"]] == ["Xin xem lại căn cứ 3", "Đã xem"]


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([{"certificate_id": None}], "signer-missing"),
        ([{"certificate_id": None, "signer_role": "x"}], "signer-missing"),
        ([{"stage": 2}, {"stage": 1}], "stages-out-of-order"),
        ([{"stage": 1, "quorum": 3}, {"stage": 1}], "quorum-impossible"),
        ([{"stage": 1, "quorum": 1}, {"stage": 1, "quorum": 2}], "quorum-impossible"),
        ([{"expires_at": "2020-01-01T00:00:00Z"}], "deadline-past"),
        ([{"stage": 0}], "request-invalid"),
    ],
)
def test_steps_that_cannot_work_are_refused_when_they_are_asked_for(
    city: City, steps: list[dict[str, Any]], code: str
) -> None:
    answer = ask(city, *(person(city, **step) for step in steps))

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("approve", {"from_address": "nơi xa"}, "request-invalid"),
        ("refuse", {}, "request-invalid"),
        ("delegate", {"certificate_id": "none", "reason": "x"}, "certificate-unknown"),
    ],
)
def test_acts_that_cannot_be_read_change_nothing(city: City, verb: str, body: dict[str, Any], code: str) -> None:
    request = ask(city, person(city, needs_approval=True)).get_json()

    answer = act(city, request, 0, verb, **body)

    assert answer.get_json()["code"] == code
    assert city.request(request)["acts"] == []
    assert act(city, request, 7, "approve").get_json()["code"] == "signing-step-not-found"
