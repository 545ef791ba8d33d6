"""payOS' own published cases, and texts that could be read in two ways."""

import json

import pytest

from payments.providers.payos.signature import create_text, data_text, payout_text, says_once
from payments.providers.proofs import hmac_sha256


def test_every_published_case_comes_out(corpus):
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    vectors = [vector for vector in map(json.loads, lines) if vector["psp"] == "payOS"]
    assert len(vectors) == 13
    for vector in vectors:
        kind, _, name = vector["what"].partition(":")
        covered = {"create-payment-link": create_text, "header": payout_text}.get(kind, data_text)
        # That an empty body has an empty text is a case of its own.
        assert hmac_sha256(vector["secret"], covered(vector["input"])) == vector["expected"], name


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"b": 1, "a": None}, "a=&b=1"),
        ({"a": "null", "b": "undefined", "c": "NULL"}, "a=&b=&c=NULL"),
        ({"a": True, "b": False, "c": 1.5}, "a=true&b=false&c=1.5"),
        ({"a": [{"z": 1, "y": None}, 2, "ê"]}, 'a=[{"y":null,"z":1},2,"ê"]'),
        ({"a": [{"z": {"d": 1, "c": 2}}]}, 'a=[{"z":{"d":1,"c":2}}]'),
        ({"a": [], "B": ""}, "B=&a=[]"),
        ({"a": "Thành công & 100%"}, "a=Thành công & 100%"),
    ],
)
def test_values_have_the_text_that_javascript_gives_them(data, text):
    assert data_text(data) == text


def test_a_field_inside_anothers_words_is_seen():
    text = data_text({"description": "x&orderCode=5", "orderCode": 6})
    assert not says_once(text, ("orderCode",))
    assert says_once(data_text({"description": "a&b=c", "orderCode": 6}), ("orderCode", "description"))
