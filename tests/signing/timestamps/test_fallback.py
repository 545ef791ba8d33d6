"""Several authorities in turn."""

import hashlib

import pytest

from signing.errors.timestamps import TimestampNotTrustworthy, TimestampRefused, TimestampUnavailable
from signing.timestamps.fallback import AuthoritiesInTurn

IMPRINT = hashlib.sha256(b"signature value").digest()


class Failing:
    name = "fails"

    def __init__(self, failure: Exception) -> None:
        self.failure = failure
        self.calls = 0

    def timestamp(self, imprint, digest_algorithm, *, timeout_seconds=None):
        self.calls += 1
        raise self.failure


def test_the_second_authority_stamps_where_the_first_fails(tsa):
    for failure in (TimestampUnavailable("a"), TimestampRefused("b"), TimestampNotTrustworthy("c", "nonce")):
        first = Failing(failure)
        assert AuthoritiesInTurn([first, tsa]).timestamp(IMPRINT, "sha256").authority_name == "thử nghiệm"
        assert first.calls == 1


def test_if_none_stamps_it_is_worth_repeating_only_where_one_was_silent():
    both = [Failing(TimestampRefused("no")), Failing(TimestampUnavailable("silent"))]
    with pytest.raises(TimestampUnavailable, match="silent"):
        AuthoritiesInTurn(both, pause=lambda _: None).timestamp(IMPRINT, "sha256")
    assert [authority.calls for authority in both] == [1, 3]
    with pytest.raises(TimestampRefused):
        AuthoritiesInTurn([Failing(TimestampRefused("no"))]).timestamp(IMPRINT, "sha256")
    with pytest.raises(TimestampUnavailable):
        AuthoritiesInTurn([]).timestamp(IMPRINT, "sha256")


def test_another_fault_is_not_hidden(tsa):
    with pytest.raises(ZeroDivisionError):
        AuthoritiesInTurn([Failing(ZeroDivisionError()), tsa]).timestamp(IMPRINT, "sha256")
