from datetime import UTC, datetime

import pytest

from payments.local_time import compact_local, parse_compact_local


def test_a_moment_is_written_in_vietnams_time_with_24_hours():
    assert compact_local(datetime(2026, 11, 23, 17, 5, 9, tzinfo=UTC)) == "20261124000509"


def test_a_written_moment_is_read_back():
    assert parse_compact_local("20240521091806") == datetime(2024, 5, 21, 2, 18, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2024052109180", "202405210918066", "20241321091806", "2024052109180x", "２0240521091806"],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_compact_local(text)
