"""Checksums as data: each way of making one agrees with OpenSSL, and none says the same of two messages."""

import base64
import json
import subprocess

import pytest
from pydantic import ValidationError

from payments.providers.described.checksum import AmbiguousContent, Checksum

SECRET = "khoá thử"
FIELDS = {"a": "một", "b": "2", "c": "x|y"}


def openssl(content: str, *arguments: str) -> bytes:
    done = subprocess.run(
        ["openssl", "dgst", *arguments, "-binary"], input=content.encode(), capture_output=True, check=True
    )
    return done.stdout


def checksum(**changed):
    return Checksum(
        **{"field": "proof", "order": ("a", "b", "c"), "algorithm": "sha256-secret-last", "free_text": "c", **changed}
    )


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_every_algorithm_agrees_with_openssl(name):
    key = f"hexkey:{SECRET.encode().hex()}"
    joined = "một|2|x|y"
    assert bytes.fromhex(checksum(algorithm=f"{name}-secret-last").of(FIELDS, SECRET)) == openssl(
        f"{joined}|{SECRET}", f"-{name}"
    )
    assert bytes.fromhex(checksum(algorithm=f"{name}-secret-first").of(FIELDS, SECRET)) == openssl(
        f"{SECRET}|{joined}", f"-{name}"
    )
    assert bytes.fromhex(checksum(algorithm=f"hmac-{name}").of(FIELDS, SECRET)) == openssl(
        joined, f"-{name}", "-mac", "HMAC", "-macopt", key
    )


def test_joining_and_encoding_are_data():
    pairs = checksum(pairs=True, separator="&", encoding="base64", algorithm="hmac-sha256")
    expected = openssl("a=một&b=2&c=x|y", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{SECRET.encode().hex()}")
    assert base64.b64decode(pairs.of(FIELDS, SECRET)) == expected
    assert checksum(encoding="upper-hex").of(FIELDS, SECRET) == checksum().of(FIELDS, SECRET).upper()


def test_a_separator_that_moved_from_one_field_to_the_next_proves_nothing():
    proof = checksum().of({"a": "1", "b": "2", "c": "3|4"}, SECRET)
    assert checksum().proves({"a": "1", "b": "2", "c": "3|4", "proof": proof}, SECRET)
    for moved in ({"a": "1", "b": "2|3", "c": "4"}, {"a": "1|2", "b": "3", "c": "4"}):
        assert not checksum().proves({**moved, "proof": proof}, SECRET)
    with pytest.raises(AmbiguousContent):
        checksum().of({"a": "1|2"}, SECRET)


@pytest.mark.parametrize("given", ["", "upper", "short", "other", "é"])
def test_a_missing_or_different_checksum_is_a_wrong_one(given):
    right = checksum().of(FIELDS, SECRET)
    wrong = {"upper": right.upper(), "short": right[:-1], "other": checksum().of(FIELDS, "another")}.get(given, given)
    assert not checksum().proves({**FIELDS, "proof": wrong}, SECRET)
    assert not checksum().proves(FIELDS, SECRET)


@pytest.mark.parametrize(
    "changed", [{"order": ("a", "a")}, {"order": ("proof",)}, {"free_text": "d"}, {"algorithm": "md5"}, {"ordr": ()}]
)
def test_a_description_that_cannot_be_meant_is_refused(changed):
    with pytest.raises(ValidationError):
        checksum(**changed)


def test_a_published_signature_of_a_provider_without_an_adapter_can_be_described(corpus):
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    vectors = [vector for vector in map(json.loads, lines) if vector["psp"] == "AlePay"]
    assert vectors
    for vector in vectors:
        told = dict(pair.split("=", 1) for pair in vector["input"].split("&"))
        described = Checksum(
            field="signature", order=tuple(sorted(told)), algorithm="hmac-sha256", separator="&", pairs=True
        )
        assert described.of(told, vector["secret"]) == vector["expected"]
        assert described.of({**told, "amount": "1"}, vector["secret"]) != vector["expected"]
