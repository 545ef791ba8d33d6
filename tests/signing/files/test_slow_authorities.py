"""An authority may take minutes: what it stamps then is later than the time that the signer claims, and good."""

from datetime import UTC, datetime, timedelta

import pytest

from signing.files.registry import FORMATS, FileOrder, sign_files
from signing.model import Level


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "jades-compact"])
def test_a_time_stamp_that_came_late_is_no_time_stamp_from_the_future(name, signer, means, source, tmp_path):
    source.write_text("<a>b</a>")
    order = FileOrder((("a.xml", source),), Level.B_T)
    claimed = datetime.now(UTC) - timedelta(minutes=10)

    signed = sign_files(name, order, tmp_path / "signed", signer("official_p256"), means, claimed)

    assert signed.signed_at > claimed + timedelta(minutes=9)
