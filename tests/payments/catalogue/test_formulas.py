"""Formulas as they are written and as they count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.catalogue.formulas import parse_formula
from payments.errors import FeeCatalogueUnsound

# Certified copies by Circular 226/2016/TT-BTC: 2,000 a page for two pages, then 1,000, at most 200,000 a copy.
COPIES = "tiers pages each 1-2:2000 3-:1000 max 200000 times copies"


@pytest.mark.parametrize(
    ("text", "quantities", "amount"),
    [
        ("flat 50000", {}, 50_000),
        ("per-page 2000", {"pages": 3}, 6_000),
        ("per-page 2000 max 5000", {"pages": 3}, 5_000),
        ("per-copy 8000", {"copies": 1}, 8_000),
        ("per-copy 8000 times books", {"copies": 2, "books": 3}, 48_000),
        (COPIES, {"pages": 1, "copies": 1}, 2_000),
        (COPIES, {"pages": 2, "copies": 1}, 4_000),
        (COPIES, {"pages": 3, "copies": 1}, 5_000),
        (COPIES, {"pages": 198, "copies": 1}, 200_000),
        (COPIES, {"pages": 500, "copies": 2}, 400_000),
        ("tiers value whole 1-60000000:100000 60000001-:300000", {"value": 60_000_000}, 100_000),
        ("tiers value whole 1-60000000:100000 60000001-:300000", {"value": 60_000_001}, 300_000),
        ("tiers value whole 1-10:0 11-:5", {"value": 10}, 0),
    ],
)
def test_a_formula_counts_as_it_reads(text, quantities, amount):
    formula = parse_formula(text)

    assert formula.amount(quantities) == amount
    assert str(formula) == text
    assert parse_formula(str(formula)) == formula


@pytest.mark.parametrize(
    "text",
    [
        *("", "flat", "flat 0", "flat -1", "flat 1.5", "flat 1 2", "flat ١", "flat 9999999999999999", "per-hour 5"),
        *("per-page 5 max", "per-page 5 max x", "per-page 5 times 7", "per-page 5 times pages", "flat 5 max 0"),
        *(
            "tiers pages",
            "tiers pages each",
            "tiers pages some 1-:5",
            "tiers pages each 2-:5",
            "tiers pages each 1-3:5",
        ),
        *("tiers pages each 1-2:5 4-:6", "tiers pages each 1-:5 2-:6", "tiers pages each 1-2:5 3-2:6 3-:7"),
        *("tiers PAGES each 1-:5", "tiers pages each 1-:5 times pages"),
    ],
)
def test_what_does_not_read_as_a_formula_is_refused(text):
    with pytest.raises(FeeCatalogueUnsound):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "quantities"),
    [
        ("flat 5", {"pages": 1}),
        ("per-page 5", {}),
        ("per-page 5", {"copies": 1}),
        ("per-page 5", {"pages": 0}),
        ("per-page 5", {"pages": -1}),
        ("per-page 5", {"pages": True}),
        (COPIES, {"pages": 1}),
        ("per-page 1000000000000000", {"pages": 2}),
    ],
)
def test_quantities_that_do_not_fit_are_refused(text, quantities):
    with pytest.raises(FeeCatalogueUnsound):
        parse_formula(text).amount(quantities)


@given(st.integers(1, 400), st.integers(1, 400), st.lists(st.integers(0, 9_000), min_size=1, max_size=4))
def test_tiers_charge_each_unit_in_its_own_tier(pages, step, rates):
    bands = [f"{n * step + 1}-{'' if n == len(rates) - 1 else (n + 1) * step}:{rate}" for n, rate in enumerate(rates)]

    counted = parse_formula(f"tiers pages each {' '.join(bands)}").amount({"pages": pages})

    assert counted == sum(rates[min((page - 1) // step, len(rates) - 1)] for page in range(1, pages + 1))
