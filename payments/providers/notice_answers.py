"""How notices are answered: their senders only look whether the status is 2xx, and repeat those that were not."""

from collections.abc import Mapping
from typing import Final

from payments.model import SettlementOutcome

# A notice of money that is not ours to settle is taken all the same: repeated, it would say nothing else.
STATUSES: Final[Mapping[SettlementOutcome, int]] = {
    **dict.fromkeys(SettlementOutcome, 200),
    SettlementOutcome.NOT_AUTHENTIC: 401,
    SettlementOutcome.UNREADABLE: 400,
    SettlementOutcome.OUR_FAULT: 500,
}
