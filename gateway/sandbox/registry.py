"""Which providers the sandbox can stand in for; a new one is one line here."""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.sandbox.base import Simulator
from gateway.sandbox.casso.simulator import CassoSimulator
from gateway.sandbox.dvcqg.simulator import DvcqgSimulator
from gateway.sandbox.kbnn.simulator import TreasurySimulator
from gateway.sandbox.momo.simulator import MomoSimulator
from gateway.sandbox.paygov.simulator import PaygovSimulator
from gateway.sandbox.payos.simulator import PayosSimulator
from gateway.sandbox.sepay.simulator import SepaySimulator
from gateway.sandbox.vnpay.simulator import VnpaySimulator
from gateway.sandbox.zalopay.simulator import ZalopaySimulator

# Each takes the merchant's account: what its section of the accounts file says, secrets read.
SIMULATORS: Final[Mapping[str, Callable[[Mapping[str, str]], Simulator]]] = {
    "vnpay": VnpaySimulator,
    "momo": MomoSimulator,
    "zalopay": ZalopaySimulator,
    "payos": PayosSimulator,
    "dvcqg": DvcqgSimulator,
    "paygov": PaygovSimulator,
    "casso": CassoSimulator,
    "sepay": SepaySimulator,
    "kbnn": TreasurySimulator,
}
