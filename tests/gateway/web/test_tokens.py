"""The colours of the style sheet against WCAG 2.2, 1.4.3 and 1.4.11."""

import re
from pathlib import Path

import pytest

import gateway.web

CSS = (Path(gateway.web.__file__).parent / "static" / "web.css").read_text(encoding="utf-8")
TEXT = ("ink", "ink-soft", "brand", "good", "warn", "bad", "seal")


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT_BLOCK, DARK_BLOCK = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
SCHEMES = {"light": tokens(LIGHT_BLOCK), "dark": tokens(DARK_BLOCK)}


def luminance(colour: str) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_agrees_with_the_published_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface"])
@pytest.mark.parametrize("token", TEXT)
def test_text_stands_out_from_its_ground(scheme: str, ground: str, token: str) -> None:
    assert contrast(SCHEMES[scheme][token], SCHEMES[scheme][ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_on_a_main_button_stand_out(scheme: str) -> None:
    assert contrast(SCHEMES[scheme]["brand-ink"], SCHEMES[scheme]["brand"]) >= 4.5


def test_both_schemes_hold_the_same_tokens_and_nothing_else_holds_a_colour() -> None:
    assert set(SCHEMES["light"]) == set(SCHEMES["dark"])
    rest = CSS.replace(LIGHT_BLOCK, "").replace(DARK_BLOCK, "")
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rest)) <= {"#fff"}


def test_the_style_sheet_names_no_other_address() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
