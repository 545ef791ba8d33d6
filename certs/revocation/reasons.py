"""Reasons for a revocation, by number. Source: RFC 5280, 5.3.1; as flags in a list's scope: 4.2.1.13."""

NAMES = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
HOLD, UNDONE = NAMES[6], NAMES[8]
ALL_FLAGS = frozenset(range(1, 9))
"""The bits of ReasonFlags; unused(0) is none."""


def reason_name(code: int) -> str | None:
    """Return a reason's name, or None for a number that stands for none."""
    return NAMES.get(code)
