"""Signing at B-LT and B-LTA: the file alone must prove its signatures to us and to others."""

from dataclasses import replace

import pytest

from signing.errors.evidence import MaterialUnavailable
from signing.errors.timestamps import TimestampUnavailable
from signing.model import Level
from tests.signing.conftest import DOCUMENTS, SIGNABLE


def decision(producer="libreoffice"):
    return DOCUMENTS / f"quyet-dinh.{producer}.pdf"


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
@pytest.mark.parametrize("producer", SIGNABLE)
def test_a_signature_is_proved_by_the_file_alone(city, official, producer, level):
    path, signed = city.sign(decision(producer), official, level)

    city.assert_provable(path, level.value, timestamps=int(level is Level.B_LTA))
    assert signed.level is level
    assert path.read_bytes().startswith(decision(producer).read_bytes())


def test_further_signatures_and_their_material_break_no_earlier_one(city, official, seal):
    path = decision()
    for holder, level in ((official, Level.B_LT), (seal, Level.B_LTA), (official, Level.B_LTA), (seal, Level.B_LT)):
        path, _ = city.sign(path, holder, level)

    # The later document time-stamps cover the earlier signatures, which makes them B-LTA.
    city.assert_provable(path, "B-LTA", "B-LTA", "B-LTA", "B-LT", timestamps=2)


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_nothing_is_kept_when_nobody_can_tell_of_revocation(city, official, running, level):
    unknown = running[0].leaf("Không ai biết", behaviour="down")

    with pytest.raises(MaterialUnavailable, match="Không ai biết"):
        city.sign(decision(), unknown, level)

    assert list(city.folder.iterdir()) == []


def test_nothing_is_kept_when_the_archive_time_stamp_fails(city, official, monkeypatch):
    class OnlyOnce:
        name = "một lần"

        def __init__(self, authority):
            self._authority = authority
            self._calls = 0

        def timestamp(self, *args, **kwargs):
            self._calls += 1
            if self._calls > 1:
                raise TimestampUnavailable("gone")
            return self._authority.timestamp(*args, **kwargs)

    once = OnlyOnce(city.tsa())
    monkeypatch.setattr(city, "tsa", lambda: once)

    with pytest.raises(TimestampUnavailable):
        city.sign(decision(), official, Level.B_LTA)

    assert list(city.folder.iterdir()) == []


def test_a_level_that_needs_material_is_refused_where_nobody_gathers_it(
    sign_once, document, person_step, pki, tsa, tmp_path
):
    target = tmp_path / "signed.pdf"
    step = replace(person_step, profile=replace(person_step.profile, level=Level.B_LT))

    with pytest.raises(MaterialUnavailable):
        sign_once(document("libreoffice"), target, step, pki.official, tsa)

    assert not target.exists()
