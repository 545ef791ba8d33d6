"""How commands tell what is refused: the code, both languages, and the fact."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from gateway.problem_catalogue import PROBLEMS
from payments.errors import PaymentsError


def told(code: str, fact: str) -> str:
    """Return a refusal as one sentence in both languages."""
    words = PROBLEMS[code]
    return f"{code}: {words.title_vi} / {words.title_en} ({fact})"


@contextmanager
def money_refusals() -> Iterator[None]:
    """End the command with 1 and one sentence for what payments refuse; nothing is committed then."""
    try:
        yield
    except PaymentsError as error:
        print(told(error.code, str(error)))
        raise typer.Exit(1) from None
