"""Compiles an application's routes and templates once, and not anew for each application that a test makes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let all applications made meanwhile share what compiles to the same.

    Making an application is nine tenths compiling routes; showing its first page is as much compiling templates.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", _keeping(Rule._compile_builder))
        patch.setitem(Flask.jinja_options, "bytecode_cache", _KeptTemplates())
        yield


def _keeping(compile_builder: Callable[[Rule, bool], _Builder]) -> Callable[[Rule, bool], _Builder]:
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
