"""References survive what banks and people do to them."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.providers.vietqr.payload import MOST_PURPOSE_CHARACTERS
from payments.providers.vietqr.reference import (
    ALPHABET,
    PREFIX,
    FoundReference,
    find_references,
    new_transfer_reference,
    reference_of,
)

random_parts = st.text(ALPHABET, min_size=9, max_size=9)
noise = st.text(st.characters(codec="utf-8"), max_size=40).filter(lambda text: "p" not in text.casefold())


def test_the_alphabet_has_no_look_alikes():
    assert not set(ALPHABET) & set("01IO")
    assert len(ALPHABET) == len(set(ALPHABET)) == 32


def test_a_new_reference_fits_a_transfers_text_and_differs_from_the_last():
    made = {new_transfer_reference() for _ in range(200)}
    assert len(made) == 200
    assert max(map(len, made)) == 14 < MOST_PURPOSE_CHARACTERS


@given(random_parts, st.data())
def test_lost_case_added_spaces_and_signs_do_no_harm(random_part, data):
    reference = reference_of(random_part)
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "-", ".", "_", "\n", "  "]), min_size=14, max_size=14))
    mangled = "".join(map("".join, zip(reference.lower(), gaps, strict=True)))
    assert find_references(f"MBVCB.123: {mangled} CT tu 0071000") == (FoundReference(reference, True),)


@given(random_parts, noise, noise)
def test_text_around_a_reference_does_no_harm(random_part, before, after):
    reference = reference_of(random_part)
    assert FoundReference(reference, True) in find_references(f"{before}{reference}{after}")


@given(random_parts, st.integers(2, 13), st.sampled_from(ALPHABET + "01IO"))
def test_one_wrong_character_only_proposes(random_part, place, wrong):
    reference = reference_of(random_part)
    mangled = reference[:place] + wrong + reference[place + 1 :]
    assert FoundReference(reference, mangled == reference) in find_references(mangled)


def test_no_two_wrong_or_swapped_characters_pass_as_exact():
    chosen = random.Random(7)  # noqa: S311 - the same cases on each run
    for _ in range(300):
        reference = reference_of("".join(chosen.choice(ALPHABET) for _ in range(9)))
        for left, right in itertools.combinations(range(2, 14), 2):
            swapped = list(reference)
            swapped[left], swapped[right] = swapped[right], swapped[left]
            wrong = list(reference)
            wrong[left], wrong[right] = chosen.choice(ALPHABET), chosen.choice(ALPHABET)
            for other in ("".join(swapped), "".join(wrong)):
                if other != reference:
                    assert not any(found.exact for found in find_references(other))


@settings(max_examples=300)
@given(st.text(max_size=300))
def test_any_text_can_be_searched(text):
    assert all(found.reference.startswith(PREFIX) for found in find_references(text))


def test_two_references_in_one_text_are_both_found_and_each_once():
    first, second = new_transfer_reference(), new_transfer_reference()
    found = find_references(f"{first} va {second} va {first}")
    assert found == (FoundReference(first, True), FoundReference(second, True))


@pytest.mark.parametrize("text", ["", "PQ", "chuyen tien hoc phi", "PQPQPQPQPQPQ"])
def test_a_text_without_a_reference_has_none(text):
    assert find_references(text) == ()
