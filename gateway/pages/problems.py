"""Catalogue problems in the words of pages."""

from gateway.problem_catalogue import PROBLEMS, UNEXPECTED
from gateway.web.ports import ActionRefused
from gateway.web.view_models import Text


def problem_text(code: str) -> Text:
    """Return a problem's title and advice as one sentence in each language."""
    problem = PROBLEMS.get(code, UNEXPECTED)
    return Text(f"{problem.title_vi}. {problem.advice_vi}", f"{problem.title_en}. {problem.advice_en}")


def refused(code: str) -> ActionRefused:
    """Return the refusal of an action, with a catalogue problem's words."""
    return ActionRefused(code, problem_text(code))
