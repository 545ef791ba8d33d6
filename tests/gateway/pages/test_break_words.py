"""Every break, rule of a match and reason of closing has words: a page that meets one without would fail."""

from gateway.pages.break_words import CLOSED, KINDS, RULES
from payments.reconciliation.model import BreakKind, MatchRule
from payments.store.statement_tables import BreakClosing


def test_every_kind_rule_and_reason_is_named() -> None:
    assert (set(KINDS), set(RULES), set(CLOSED)) == (set(BreakKind), set(MatchRule), set(BreakClosing))
