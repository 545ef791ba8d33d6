"""The ways of signing that are shipped, and profiles with faults."""

import pytest

from signing.errors.signatures import ProfileUnusable
from signing.errors.stamps import PlacementInvalid
from signing.model import POINTS_PER_MM, BetweenText, Invisible, Level, OverSignature, PageRectangle, SignerRole
from signing.profiles import load_profiles, parse_placement


def test_the_shipped_profiles_sign_as_decree_30_puts_it():
    profiles = load_profiles()

    assert set(profiles) == {"appendix", "card", "copy", "organisation", "person"}
    person, organisation = profiles["person"], profiles["organisation"]
    assert (person.role, person.level, person.image) == (SignerRole.PERSON, Level.B_T, "handwriting")
    assert (organisation.role, organisation.level, organisation.image) == (SignerRole.ORGANISATION, Level.B_T, "seal")
    assert isinstance(person.placement, BetweenText)
    assert isinstance(organisation.placement, OverSignature)
    assert organisation.placement.width_pt == pytest.approx(36 * POINTS_PER_MM)


def test_a_request_writes_placements_in_millimetres():
    assert parse_placement({"kind": "invisible"}) == Invisible()
    assert parse_placement(
        {"kind": "page-rectangle", "page": 2, "x0_mm": 0, "y0_mm": 0, "x1_mm": 25.4, "y1_mm": 25.4}
    ) == (PageRectangle(2, 0, 0, pytest.approx(72), pytest.approx(72)))
    between = {"kind": "between-text", "above": "A", "below": "B", "page": "any", "width_mm": 25.4, "height_mm": 25.4}
    assert parse_placement(between) == BetweenText("A", "B", "last", None, pytest.approx(72), pytest.approx(72))


@pytest.mark.parametrize(
    "values",
    [
        {},
        [],
        {"kind": "beside"},
        {"kind": "invisible", "page": 1},
        {"kind": "between-text", "above": "A", "width_mm": 1, "height_mm": 1},
        {"kind": "between-text", "above": " ", "below": "B", "width_mm": 1, "height_mm": 1},
        {"kind": "between-text", "above": "A", "below": "B", "width_mm": "1", "height_mm": 1},
        {"kind": "between-text", "above": "A", "below": "B", "width_mm": 0, "height_mm": 1},
        {"kind": "between-text", "above": "A", "below": "B", "width_mm": 1, "height_mm": 1, "page": 0},
        {"kind": "between-text", "above": "A", "below": "B", "width_mm": 1, "height_mm": 1, "match": True},
        {"kind": "between-text", "above": "A", "below": "B", "width_mm": float("nan"), "height_mm": 1},
        {"kind": "over-signature", "width_mm": 36, "height_mm": 36, "covered_fraction": 2},
        {"kind": "page-rectangle", "page": 1, "x0_mm": -1, "y0_mm": 0, "x1_mm": 2, "y1_mm": 2},
    ],
)
def test_a_placement_with_a_fault_is_refused(values):
    with pytest.raises(PlacementInvalid):
        parse_placement(values)


def test_a_profile_may_prefer_rsassa_pss(tmp_path):
    content = 'role = "person"\nlevel = "B-T"\n{}[placement]\nkind = "invisible"'
    (tmp_path / "plain.toml").write_text(content.format(""))
    (tmp_path / "pss.toml").write_text(content.format("prefer_pss = true\n"))

    assert {code: found.prefer_pss for code, found in load_profiles(tmp_path).items()} == {"plain": False, "pss": True}


@pytest.mark.parametrize(
    "content",
    [
        "not toml",
        'role = "person"',
        'role = "nobody"\nlevel = "B-T"\n[placement]\nkind = "invisible"',
        'role = "person"\nlevel = "B-Z"\n[placement]\nkind = "invisible"',
        'role = "person"\nlevel = "B-T"\nimage = "photo"\n[placement]\nkind = "invisible"',
        'role = "person"\nlevel = "B-T"\n[placement]\nkind = "beside"',
        'role = "person"\nlevel = "B-T"\nprefer_pss = "yes"\n[placement]\nkind = "invisible"',
    ],
)
def test_a_profile_with_a_fault_names_its_file(content, tmp_path):
    (tmp_path / "broken.toml").write_text(content)

    with pytest.raises(ProfileUnusable, match=r"broken\.toml"):
        load_profiles(tmp_path)
