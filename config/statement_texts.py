"""Statements as the driver takes them: compiled once by SQLAlchemy, then filled without it."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement


class StatementText:
    """A statement for psycopg's raw cursor, with what turns our values into the driver's."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, values: Mapping[str, Any]) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(values))
        # Literal text and names in turn.
        self._pieces: list[str] = re.split(r"%\((\w+)\)s", str(compiled))
        self._constants = {name: value for name, value in compiled.params.items() if name not in values}
        kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        processors: dict[str, Callable[[Any], Any] | None] = {
            name: kind.bind_processor(dialect) for name, kind in kinds.items()
        }
        self._given = [(name, processors[name]) for name in self._pieces[1::2]]

    @property
    def count(self) -> int:
        """How many values the text takes."""
        return len(self._given)

    def numbered(self, before: int) -> str:
        """Return the text with its placeholders numbered behind those of other statements."""
        text = self._pieces[0]
        for number, literal in enumerate(self._pieces[2::2], before + 1):
            text += f"${number}{literal}"
        return text.replace("%%", "%")

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the driver's values in the order in which the text takes them."""
        all_values = {**self._constants, **values}
        return [process(all_values[name]) if process else all_values[name] for name, process in self._given]


@contextmanager
def told_as_sqlalchemy_does(text: str) -> Iterator[None]:
    """Raise what the driver says of a statement as SQLAlchemy's error, without the values."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(text, None, error, psycopg.Error, hide_parameters=True) from error
