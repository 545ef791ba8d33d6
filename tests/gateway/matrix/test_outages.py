"""What payers and books see when a provider cannot be reached, or a secret of ours cannot be read."""

import re

import pytest
import requests

from config.secrets import SecretUnavailable
from tests.gateway.matrix.dialects import ASKED, DIALECTS, EACH, REFUNDING, Dialect
from tests.gateway.matrix.test_modes import OPEN
from tests.gateway.matrix.town import Town

pytestmark = pytest.mark.xdist_group("matrix of providers")
# After its end and a quarter of an hour, an attempt that a provider never heard of has failed.
AFTER_THE_END_MINUTES = 45


def press(town: Town, order_id: str, provider: str) -> requests.Response:
    """Press a provider's button on the payer's page."""
    browser, address = requests.Session(), town.order(order_id)["pay_url"]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(address, timeout=10).text)
    assert token
    form = {"csrf_token": token[1]}
    return browser.post(f"{address}/attempts/{provider}", data=form, allow_redirects=False, timeout=10)


@pytest.mark.parametrize("dialect", EACH)
def test_without_our_secret_nothing_starts_and_the_payer_is_told(town: Town, dialect: Dialect) -> None:
    order_id = town.open_order()
    with town.without_secrets(dialect.provider):
        by_api = town.machine.post(f"/v1/fee-orders/{order_id}/attempts", {"provider": dialect.provider})
        by_page = press(town, order_id, dialect.provider)

    assert (by_api.status_code, by_api.headers.get("Retry-After") is not None) == (503, True)
    assert by_page.status_code in {409, 503}
    assert town.booked(order_id) == OPEN
    town.ask(AFTER_THE_END_MINUTES)
    assert {attempt["state"] for attempt in town.order(order_id)["attempts"]} == {dialect.absence}


@pytest.mark.parametrize("dialect", ASKED)
def test_one_unreadable_secret_keeps_nobody_from_asking_the_others(town: Town, dialect: Dialect) -> None:
    lost = [
        town.pay(dialect.provider, "lost"),
        *(town.pay(each.provider, "lost") for each in others(dialect) if each.asked),
    ]
    with town.without_secrets(dialect.provider), pytest.raises(SecretUnavailable):
        town.ask()
    first = [town.states(payment)[0] for payment in lost]
    town.ask(minutes=10)

    assert first == ["open"] + ["paid"] * (len(lost) - 1)
    assert {town.states(payment) for payment in lost} == {("paid", "succeeded")}


@pytest.mark.parametrize("dialect", REFUNDING)
def test_one_unreadable_secret_keeps_no_refund_of_the_others_back(town: Town, dialect: Dialect) -> None:
    refunding = [dialect, *(each for each in others(dialect) if each.refunds)]
    paid = [town.pay(each.provider, "honest") for each in refunding]
    with town.without_secrets(dialect.provider):
        with pytest.raises(SecretUnavailable):
            town.refund(paid[0])
        rest = [town.refund_state(town.refund(payment)) for payment in paid[1:]]
    (held,) = town.machine.get(f"/v1/fee-orders/{paid[0].order_id}/refunds").get_json()["items"]
    states = [held["state"]]
    for minutes in (2, 4):
        town.ask_about_refunds(minutes)
        states.append(town.refund_state(held["id"]))

    # Nothing had left us, so that it is sent once the secret is there again.
    assert rest == ["sent"] * (len(paid) - 1)
    assert states == ["approved", "sent", "confirmed"]


def others(dialect: Dialect) -> list[Dialect]:
    return [other for other in DIALECTS if other.provider != dialect.provider]
