"""The providers of the matrix: a new one is one entry here, beside its simulator and its demonstration account.

Codes are the provider's own words in our answers to its calls, as its guide has them.
"""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Dialect:
    """How a provider is answered, and what it does.

    Attributes:
        taken, again, forged, wrong_amount: Our answer to an honest call, to its copy, to a wrong proof, to a wrong
            amount.
        our_fault: Our answer when something of ours is missing: it makes the provider call again.
        tells_pending: Whether it also calls about payments that are not at their end.
        asked: Whether it can be asked; of one that cannot, only a call or a statement tells.
        silent: How an attempt stands that is under way and was asked about.
        fails, given_up: How one stands, after all that can be asked, that was never paid, and that the payer gave up.
        absence: How an attempt stands that the provider says it never heard of, long after its end.
        refunds: Whether it pays back by message.
        returns: Whether the browser brings a proof back; without one it comes to the page where payers start.
        stays: Whether the browser is not sent back at all; the payer then opens the page again.
    """

    provider: str
    taken: str
    again: str
    forged: str
    wrong_amount: str
    our_fault: str = "500"
    tells_pending: bool = True
    asked: bool = True
    silent: str = "unknown"
    fails: str = "failed"
    given_up: str = "failed"
    absence: str = "failed"
    refunds: bool = True
    returns: bool = True
    stays: bool = False


DIALECTS = (
    Dialect("vnpay", taken="00", again="02", forged="97", wrong_amount="04", our_fault="99"),
    Dialect("momo", taken="204", again="204", forged="401", wrong_amount="422"),
    Dialect("zalopay", taken="1", again="2", forged="-1", wrong_amount="-3", our_fault="0", tells_pending=False),
    Dialect(
        *("payos", "200", "200", "401", "422"), absence="started", tells_pending=False, refunds=False, returns=False
    ),
    # It repeats a call that was not answered with status 200; 99 refuses one for good.
    Dialect(
        *("dvcqg", "00", "00", "99", "99"), our_fault="503", absence="started", refunds=False, returns=False, stays=True
    ),
    # Which of its codes mean a failure is not known, so that an attempt that was given up stays open to people's eyes.
    Dialect(
        *("paygov", "00", "00", "99", "99"),
        our_fault="503",
        asked=False,
        silent="started",
        fails="started",
        given_up="unknown",
        absence="started",
        refunds=False,
    ),
)
ASKED = [pytest.param(dialect, id=dialect.provider) for dialect in DIALECTS if dialect.asked]
UNASKED = [pytest.param(dialect, id=dialect.provider) for dialect in DIALECTS if not dialect.asked]
EACH = [pytest.param(dialect, id=dialect.provider) for dialect in DIALECTS]
TELLING = [pytest.param(dialect, id=dialect.provider) for dialect in DIALECTS if dialect.tells_pending]
REFUNDING = [pytest.param(dialect, id=dialect.provider) for dialect in DIALECTS if dialect.refunds]
