"""An authority that hangs, lies or fails costs time and nothing else: the same request goes through later."""

import time

import pytest
from sqlalchemy import select

from gateway.db.tables.authorities import AuthorityHealthRow
from gateway.devpki.model import OFFICIAL, SEAL
from tests.journeys.city import City, good_signatures
from tests.journeys.conftest import MakeCity
from tests.journeys.outages import Stamper


def test_a_request_goes_through_both_signatures_and_others_find_them_good(city: City) -> None:
    request = city.ask()

    city.work()

    done = city.request(request)
    assert (done["state"], done["problem_code"], done["progress_percent"]) == ("completed", None, 100)
    assert good_signatures(city.signed_file(done)) == 2


@pytest.mark.parametrize(
    ("behaviour", "code", "fact"),
    [
        ("wrong-nonce", "timestamp-not-trustworthy", "nonce"),
        ("wrong-imprint", "timestamp-not-trustworthy", "digest"),
        ("untrusted", "timestamp-not-trustworthy", "not trusted"),
        ("garbage", "timestamp-not-trustworthy", "cannot be read"),
        ("clock-3600", "timestamp-not-trustworthy", "time"),
        ("out-of-order", "timestamp-unavailable", "500"),
    ],
)
def test_an_authority_that_lies_or_fails_makes_the_request_wait_and_its_mending_lets_it_through(
    city: City, stamper: Stamper, behaviour: str, code: str, fact: str
) -> None:
    stamper.behaviour = behaviour
    request = city.ask((OFFICIAL,))

    city.work()

    waiting = city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", code)
    assert fact in waiting["problem_detail"]
    assert waiting["steps"][0]["problem_code"] == code
    assert waiting["documents"][0]["current_document_id"] == waiting["documents"][0]["original_document_id"]

    stamper.behaviour = "good"
    city.later()

    done = city.request(request)
    assert (done["state"], done["problem_code"], done["steps"][0]["problem_code"]) == ("completed", None, None)
    assert good_signatures(city.signed_file(done)) == 1


def test_an_authority_that_hangs_holds_the_worker_no_longer_than_its_limit(
    make_city: MakeCity, stamper: Stamper
) -> None:
    city = make_city(timeout_seconds=0.5)
    stamper.behaviour = "hangs"
    request = city.ask((OFFICIAL,))

    started = time.monotonic()
    city.work()

    assert time.monotonic() - started < 3
    waiting = city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "timestamp-unavailable")

    stamper.behaviour = "good"
    city.later()
    assert city.request(request)["state"] == "completed"


def test_what_the_worker_meets_is_written_down_for_the_operators_page(
    make_city: MakeCity, stamper: Stamper, second_stamper: Stamper
) -> None:
    city = make_city(authorities=(stamper.url, second_stamper.url))
    stamper.behaviour = "wrong-nonce"
    city.ask((OFFICIAL,))
    city.work()

    lying, good = _health(city)
    assert (lying.problem_code, lying.stamped_at) == ("timestamp-not-trustworthy", None)
    assert (good.problem_code, good.failing_since) == (None, None)

    stamper.behaviour = "good"
    city.ask((OFFICIAL,))
    city.work()
    assert [row.problem_code for row in _health(city)] == [None, None]


def _health(city: City) -> list[AuthorityHealthRow]:
    with city.services.unit_of_work(read_only=True) as work:
        return list(work.session.scalars(select(AuthorityHealthRow).order_by(AuthorityHealthRow.name)))


def test_a_second_authority_takes_over_in_the_same_round(
    make_city: MakeCity, stamper: Stamper, second_stamper: Stamper
) -> None:
    city = make_city(authorities=(stamper.url, second_stamper.url))
    stamper.behaviour = "wrong-nonce"
    request = city.ask()

    city.work()

    assert city.request(request)["state"] == "completed"
    assert (stamper.calls, second_stamper.calls) == (2, 2)


def test_a_clock_that_runs_a_minute_ahead_of_ours_still_stamps_well(city: City, stamper: Stamper) -> None:
    stamper.behaviour = "clock60"
    request = city.ask((OFFICIAL,))

    city.work()
    assert city.request(request)["state"] == "completed"


def test_what_waits_can_still_be_cancelled_and_then_nothing_more_is_signed(city: City, stamper: Stamper) -> None:
    stamper.behaviour = "out-of-order"
    request = city.ask()
    city.work()

    cancelled = city.post(f"/v1/signing-requests/{request['id']}/cancel", {"reason": "Công dân rút hồ sơ"})
    stamper.behaviour = "good"
    city.later()

    assert cancelled.status_code == 200
    found = city.request(request)
    assert found["state"] == "cancelled"
    assert [step["state"] for step in found["steps"]] == ["cancelled", "cancelled"]
    assert city.audited("document.signed") == []


def test_what_the_official_signed_stays_when_the_seal_has_to_wait(city: City, stamper: Stamper) -> None:
    request = city.ask((OFFICIAL, SEAL))
    _fail_after(stamper, 1)
    city.work()

    waiting = city.request(request)
    assert (waiting["state"], [step["state"] for step in waiting["steps"]]) == ("waiting", ["completed", "ready"])

    del stamper.answer
    city.later()
    done = city.request(request)
    assert done["state"] == "completed"
    assert good_signatures(city.signed_file(done)) == 2
    assert len(city.audited("document.signed")) == 2


def _fail_after(stamper: Stamper, count: int) -> None:
    """Let the authority answer so many calls, then fail."""
    answer = stamper.answer
    stamper.answer = lambda query: answer(query) if stamper.calls <= count else (500, b"")  # type: ignore[method-assign]
