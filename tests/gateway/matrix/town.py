"""A gateway and a sandbox on loopback ports, set up as `make run` sets them up, and a citizen who pays."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import requests

from gateway.demo.layout import CONTROL_SECRET, Layout
from gateway.demo.providers import ACCOUNTS
from gateway.jobs.handlers.payments import ask_about_silent_attempts, close_expired_orders, send_due_refunds
from gateway.services import Services
from tests.gateway.api.conftest import Machine

AMOUNT = 50_000
TIMEOUT_SECONDS = 10
NUMBERS = count(1)


@dataclass(frozen=True)
class Payment:
    """One order and its attempt with a provider."""

    provider: str
    order_id: str
    reference: str
    page: str


@dataclass
class Town:
    """What stands there for all tests of the matrix."""

    layout: Layout
    services: Services
    machine: Machine
    browser: requests.Session = field(default_factory=requests.Session)

    # --- the citizen

    def open_order(self, amount: int = AMOUNT, **more: Any) -> str:
        item = {"kind": "le-phi", "name": "Lệ phí", "procedure_code": "1.001", "chapter": "805", "sub_item": "2862"}
        order = {
            "dossier_code": f"HS-{next(NUMBERS)}",
            "purpose": "Cấp bản sao",
            "payer_name": "Nguyễn Thị Mẫu",
            "items": [{**item, "amount_minor": amount}],
            **more,
        }
        made = self.machine.post("/v1/fee-orders", order)
        assert made.status_code == 201, made.get_json()
        return str(made.get_json()["id"])

    def start(self, provider: str, mode: str, order_id: str | None = None) -> Payment:
        """Choose how the provider's next payment goes, start an attempt and open the provider's page."""
        self.control("PUT", "modes", provider=provider, mode=mode)
        order_id = order_id or self.open_order()
        started = self.machine.post(f"/v1/fee-orders/{order_id}/attempts", {"provider": provider})
        assert started.status_code == 201, started.get_json()
        page = self.browser.get(started.get_json()["redirect_url"], timeout=TIMEOUT_SECONDS)
        action = re.search(r'action="(/pay/[^"]+)"', page.text)
        assert action, page.text
        page_url = self.layout.sandbox_url + action[1]
        return Payment(provider, order_id, self.attempt(order_id)["reference"], page_url)

    def decide(self, payment: Payment, decision: str = "pay") -> str:
        """Press a button on the provider's page; returns where the browser goes, or the payer who is not sent back."""
        form = {"decision": decision}
        back = self.browser.post(payment.page, data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)
        if back.status_code == 200:
            return str(self.order(payment.order_id)["pay_url"])
        assert back.status_code == 303, back.text
        return back.headers["Location"]

    def pay(self, provider: str, mode: str, order_id: str | None = None) -> Payment:
        payment = self.start(provider, mode, order_id)
        self.decide(payment)
        return payment

    # --- the sandbox

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.layout.secret(CONTROL_SECRET)}"}

    def control(self, method: str, what: str, **wish: Any) -> dict[str, Any]:
        url = f"{self.layout.sandbox_url}/control/{what}"
        answer = requests.request(method, url, json=wish or None, headers=self._bearer, timeout=TIMEOUT_SECONDS)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def refuses(self, provider: str, mode: str) -> bool:
        """Whether the sandbox says that a mode means nothing for a provider."""
        wish = {"provider": provider, "mode": mode}
        answer = requests.put(f"{self.layout.sandbox_url}/control/modes", json=wish, headers=self._bearer, timeout=10)
        return answer.status_code == 409

    def codes(self, payment: Payment, calls: int) -> list[str]:
        """Wait for so many calls, and return our answers to them in the provider's words, as they were answered."""
        ends_at = time.monotonic() + TIMEOUT_SECONDS
        while True:
            told = self.control("GET", f"payments/{payment.provider}/{payment.reference}")["calls"]
            if len(told) >= calls or time.monotonic() > ends_at:
                return [call["code"] for call in told]
            time.sleep(0.02)

    # --- the gateway

    @contextmanager
    def without_secrets(self, provider: str) -> Iterator[None]:
        """Take the gateway's secrets of a provider away for a while; the sandbox keeps its own."""
        account = next(account for account in ACCOUNTS if account.provider == provider)
        files = [self.layout.secret_file(name) for name in account.secrets]
        for file in files:
            file.rename(file.with_suffix(".away"))
        try:
            yield
        finally:
            for file in files:
                file.with_suffix(".away").rename(file)

    def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.machine.get(f"/v1/fee-orders/{order_id}").get_json()
        return found

    def attempt(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.order(order_id)["attempts"][-1]
        return found

    def states(self, payment: Payment) -> tuple[str, str]:
        """The order's state, and the attempt's."""
        order = self.order(payment.order_id)
        attempt = next(found for found in order["attempts"] if found["reference"] == payment.reference)
        return order["state"], attempt["state"]

    def ask(self, minutes: float = 1.1) -> None:
        """Let so much time pass that providers are asked about silent attempts."""
        ask_about_silent_attempts(self.services, datetime.now(UTC) + timedelta(minutes=minutes))

    def pauses(self, payment: Payment, queries: int) -> list[timedelta]:
        """Ask so many times, whenever the payment's attempt is due; returns the pauses from its start on."""
        moments = [self._due(payment)[0]]
        for _ in range(queries):
            due = self._due(payment)[1]
            assert due is not None
            ask_about_silent_attempts(self.services, due)
            moments.append(due)
        return [later - earlier for earlier, later in pairwise(moments)]

    def _due(self, payment: Payment) -> tuple[datetime, datetime | None]:
        with self.services.unit_of_work(read_only=True) as work:
            row = work.payments.find_attempt(payment.provider, payment.reference)
            assert row is not None
            return row.started_at, row.next_query_at

    def breaks_of(self, payment: Payment) -> list[tuple[str, str]]:
        """The kind and state of each break that tells of the payment's attempt."""
        attempt_id = self.attempt(payment.order_id)["id"]
        with self.services.unit_of_work(read_only=True) as work:
            rows = work.statements.list_breaks(self.machine.unit_id, state=None, account=f"clearing:{payment.provider}")
            return [(row.kind, row.state) for row in rows if row.payment_id == attempt_id]

    def close_expired(self) -> None:
        """Let a month pass, after which unpaid orders are closed."""
        close_expired_orders(self.services, datetime.now(UTC) + timedelta(days=31))

    def booked(self, *subject_ids: str) -> dict[str, int]:
        """What the journal's entries about these subjects move in all, by account; a credit is negative."""
        moved: dict[str, int] = {}
        with self.services.unit_of_work(read_only=True) as work:
            for row in work.payments.journal.entries_about(subject_ids):
                for posting in work.payments.journal.get(row.id).postings:
                    amount = posting.amount.amount_minor
                    moved[posting.debit.code] = moved.get(posting.debit.code, 0) + amount
                    moved[posting.credit.code] = moved.get(posting.credit.code, 0) - amount
        return {account: amount for account, amount in moved.items() if amount}

    def refund(self, payment: Payment, amount: int = 20_000) -> str:
        """Ask for a refund, approve and send it; returns its id."""
        wish = {"officer": "lan.tran", "amount_minor": amount, "reason": "Nộp thừa", "route": "provider"}
        asked = self.machine.post(f"/v1/fee-orders/{payment.order_id}/refunds", wish, key=payment.reference).get_json()
        approved = self.machine.post(f"/v1/refunds/{asked['id']}/approve", {"officer": "minh.le"})
        assert approved.status_code == 200, approved.get_json()
        send_due_refunds(self.services, datetime.now(UTC))
        return str(asked["id"])

    def refund_state(self, refund_id: str) -> str:
        return str(self.machine.get(f"/v1/refunds/{refund_id}").get_json()["state"])

    def ask_about_refunds(self, minutes: float = 2) -> None:
        send_due_refunds(self.services, datetime.now(UTC) + timedelta(minutes=minutes))
