"""Notices at thresholds, and what a hostile certificate's description may show."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from certs.errors import CertificateUnreadable
from certs.inspection import describe_certificate
from certs.inventory import find_expiry_notices
from tests.certs.authority import Authority

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass
class Row:
    valid_until: datetime
    id: str = "c"
    unit_id: str = "u"
    holder_name: str = "h"
    role: str = "person"


@dataclass
class Store:
    row: Row

    def find_expiring(self, before: datetime) -> list[Row]:
        return [self.row] if self.row.valid_until < before else []


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=90), []),
        (timedelta(days=89, hours=23), [90]),
        (timedelta(days=30), [90]),
        (timedelta(days=29), [30]),
        (timedelta(days=7), [30]),
        (timedelta(seconds=1), [7]),
        (timedelta(0), []),
        (timedelta(days=-3), []),
    ],
)
def test_the_nearest_threshold_is_the_one_that_counts(left: timedelta, days: list[int]) -> None:
    store = Store(Row(NOW + left))

    assert [notice.days for notice in find_expiry_notices(store, NOW, lambda *_: False)] == days  # type: ignore[arg-type]
    assert find_expiry_notices(store, NOW, lambda *_: True) == ()  # type: ignore[arg-type]


def test_names_that_would_mislead_on_a_screen_are_made_plain(authority: Authority) -> None:
    shown = describe_certificate(authority.leaf("An\u202etxt.exe\n\x1b[31m").der)

    assert not {"\u202e", "\n", "\x1b"} & set(shown.subject)


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_what_is_no_whole_certificate_is_a_fact(authority: Authority, cut: int) -> None:
    with pytest.raises(CertificateUnreadable):
        describe_certificate(authority.root.der[:cut])
