import pytest

from payments.providers.js_json import scalar_text, sorted_deeply, stringify


# What `JSON.stringify` of Node.js 20 prints for these numbers.
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (25000000, "25000000"),
        (-5.0, "-5"),
        (0.1, "0.1"),
        (123.456, "123.456"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (2**60, "1152921504606847000"),
        (-(2**53) - 2, "-9007199254740994"),
        (5e-324, "5e-324"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_numbers_are_printed_as_javascript_prints_them(number, text):
    assert scalar_text(number) == text


@pytest.mark.parametrize("number", [10**400, float("inf"), float("nan")])
def test_a_number_that_javascript_has_not_is_refused(number):
    with pytest.raises(ValueError):
        scalar_text(number)


def test_text_keeps_its_letters_and_only_json_signs_are_escaped():
    assert stringify({"a": 'Lệ phí "x"/\n\x01\u2028'}) == '{"a":"Lệ phí \\"x\\"/\\n\\u0001\u2028"}'


def test_half_a_character_pair_is_refused():
    with pytest.raises(ValueError):
        stringify({"a": "\ud800"})


def test_names_are_sorted_at_every_depth_and_lists_keep_their_order():
    value = {"b": {"d": 1, "c": [{"z": 1, "y": 2}, 1]}, "a": None, "B": 0}
    assert stringify(sorted_deeply(value)) == '{"B":0,"a":null,"b":{"c":[{"y":2,"z":1},1],"d":1}}'
