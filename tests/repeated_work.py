"""Does once what libraries do anew for each application, time stamp or name, and what comes to the same each time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pytest
from asn1crypto.x509 import NameTypeAndValue
from cryptography.hazmat.primitives import serialization
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]


@contextmanager
def repeated_work_kept() -> Iterator[None]:
    """Keep routes, templates, loaded keys and prepared names for as long as the tests run.

    Making an application is nine tenths compiling routes; showing its first page is as much compiling templates.
    OpenSSL checks an RSA key for 50 ms when it is loaded, and pyHanko's signers load theirs for each signature.
    A path's names are prepared for comparing (RFC 4518) hundreds of times, letter by letter.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", _keeping_builders(Rule._compile_builder))
        patch.setitem(Flask.jinja_options, "bytecode_cache", _KeptTemplates())
        patch.setattr(serialization, "load_der_private_key", lru_cache(256)(serialization.load_der_private_key))
        patch.setattr(NameTypeAndValue, "_ldap_string_prep", _keeping_names(NameTypeAndValue._ldap_string_prep))
        yield


def _keeping_names(prepare: Callable[[Any, str], str]) -> Callable[[Any, str], str]:
    prepared = lru_cache(4096)(lambda text: prepare(None, text))
    return lambda _value, text: prepared(text)


def _keeping_builders(compile_builder: Callable[[Rule, bool], _Builder]) -> Callable[[Rule, bool], _Builder]:
    """Keep Werkzeug's functions that build addresses.

    Their code hangs on the route's text and defaults alone; converters come with the rule that the code is bound to.
    """
    kept: dict[tuple[Any, ...], _Builder] = {}

    def kept_or_compiled(rule: Rule, append_unknown: bool = True) -> _Builder:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (append_unknown, rule.rule, *rule._trace)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    return kept_or_compiled


class _KeptTemplates(BytecodeCache):
    """Jinja's compiled templates, in memory. Jinja itself compares the source, so a changed template is compiled."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get(bucket.key)
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()
