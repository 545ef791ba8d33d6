"""A fee order is opened, attacked through forged callbacks, paid at the sandbox, booked, receipted and told."""

import re
import time
from typing import Any

import requests

from gateway.demo import outside
from gateway.demo.layout import CONTROL_SECRET
from gateway.demo.story import Story
from gateway.devpki.model import ANCHOR

TIMEOUT_SECONDS = 20
OFFERED = {"vnpay", "momo", "zalopay", "payos", "dvcqg", "paygov"}
PHI = {
    "kind": "phi",
    "name": "Phí thẩm định hồ sơ đăng ký hộ kinh doanh",
    "procedure_code": "1.001612",
    "chapter": "805",
    "sub_item": "2716",
    "amount_minor": 100_000,
}
LE_PHI = {
    "kind": "le-phi",
    "name": "Lệ phí cấp giấy chứng nhận đăng ký hộ kinh doanh",
    "procedure_code": "1.001612",
    "chapter": "805",
    "sub_item": "2862",
    "amount_minor": 50_000,
}


def fee_order_is_opened(story: Story) -> None:
    """Open the order and look at the citizen's page: a VietQR and a button for each provider."""
    story.chapter("3. Phí, lệ phí được mở — a fee order is opened")
    order = _open_order(story, story.dossier_code, "Nguyễn Thị Mẫu", [PHI, LE_PHI])
    story.made["order"] = order
    story.check("the order is open", order["state"] == "open", f"{order['amount_minor']:,} VND".replace(",", "."))
    page = requests.get(order["pay_url"], timeout=TIMEOUT_SECONDS)
    story.check("the citizen's page answers", page.ok, order["pay_url"])
    story.check(
        "it shows a VietQR and the transfer's text", "<svg" in page.text and order["transfer_reference"] in page.text
    )
    offered = re.findall(r'/attempts/([a-z]+)"', page.text)
    story.check("it offers banks, wallets and state platforms", set(offered) >= OFFERED, ", ".join(offered))
    story.link("citizen's payment page", order["pay_url"].removeprefix(story.layout.web_url))


def _open_order(story: Story, dossier_code: str, payer: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    body = {
        "dossier_code": dossier_code,
        "purpose": "Đăng ký hộ kinh doanh",
        "payer_name": payer,
        "items": items,
    }
    return story.caller.post("/v1/fee-orders", body, key=f"fee-{dossier_code}")


def _choose_vnpay(pay_url: str) -> requests.Response:
    """Press the VNPAY button as a browser does: session cookie, CSRF token, redirect. Returns VNPAY's page."""
    browser = requests.Session()
    page = browser.get(pay_url, timeout=TIMEOUT_SECONDS)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    answer = browser.post(
        f"{pay_url}/attempts/vnpay", data={"csrf_token": token.group(1) if token else ""}, timeout=TIMEOUT_SECONDS
    )
    answer.raise_for_status()
    return answer


def callbacks_that_must_change_nothing(story: Story) -> None:
    """Forged, unsigned, wrong-amount and unknown-order calls are answered in VNPAY's codes and book nothing."""
    story.chapter("4. Cuộc gọi giả mạo — callbacks that must change nothing")
    page = _choose_vnpay(story.made["order"]["pay_url"])
    story.check("VNPAY's page takes our signed address", page.ok, page.url.split("?")[0])
    token = re.search(r'action="/pay/([^"]+)"', page.text)
    story.made["page_token"] = token.group(1) if token else ""
    reference = _order(story)["attempts"][0]["reference"]
    story.made["reference"] = reference
    before = story.caller.get("/v1/ledger/trial-balance")
    for kind, expected in (("forged", "97"), ("unsigned", "97"), ("wrong-amount", "04"), ("unknown-order", "01")):
        answer = _sandbox_call(story, kind, reference)
        story.check(
            f"a call that is {kind}", answer["code"] == expected, f"RspCode {answer['code']} {answer['message']}"
        )
    after = story.caller.get("/v1/ledger/trial-balance")
    story.check("the ledger is as before", before == after)
    story.check("the order is still open", _order(story)["state"] == "open")


def _sandbox_call(story: Story, kind: str, reference: str) -> dict[str, Any]:
    answer = requests.post(
        f"{story.layout.sandbox_url}/control/calls",
        json={"provider": "vnpay", "kind": kind, "reference": reference},
        headers={"Authorization": f"Bearer {story.layout.secret(CONTROL_SECRET)}"},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _order(story: Story) -> dict[str, Any]:
    return story.caller.get(f"/v1/fee-orders/{story.made['order']['id']}")


def payment_and_receipt(story: Story) -> None:
    """The payer pays; the callback books once, receipts are numbered and sealed, and a signed webhook goes out."""
    story.chapter("5. Thanh toán, biên lai, thông báo — payment, receipts, webhook")
    back = _pay(story, story.made["page_token"])
    story.check("the browser comes back to a page that shows and never books", back.ok and "/return" in back.url)
    order = _order(story)
    story.check(
        "VNPAY's callback has paid the order", order["state"] == "paid", order["attempts"][0]["provider_transaction"]
    )
    replayed = _sandbox_call(story, "replayed", story.made["reference"])
    story.check(
        "the same callback again", replayed["code"] == "02", f"RspCode {replayed['code']} {replayed['message']}"
    )
    _check_books(story, order)
    _check_receipts(story)
    for event_type in ("order.paid", "receipt.issued"):
        heard = story.listener.wait_for(event_type, story.dossier_code, 15)
        story.check(f"the signed webhook {event_type} has arrived", heard is not None)
    story.check("no webhook came with a wrong signature", story.listener.refused == 0)


def _pay(story: Story, page_token: str) -> requests.Response:
    return requests.post(
        f"{story.layout.sandbox_url}/pay/{page_token}",
        data={"decision": "pay"},
        timeout=TIMEOUT_SECONDS,
    )


def _check_books(story: Story, order: dict[str, Any]) -> None:
    entries = story.caller.get("/v1/ledger/entries?limit=1000")["items"]
    paid = [entry for entry in entries if entry["kind"] == "order-paid" and story.dossier_code in entry["description"]]
    story.check("one journal entry books it", len(paid) == 1, f"no. {paid[0]['sequence']}" if paid else "")
    for posting in paid[0]["postings"] if paid else []:
        story.note(f"{posting['debit_account']}  ←  {posting['credit_account']}  {posting['amount_minor']:,}")
    balance = story.caller.get("/v1/ledger/trial-balance")
    story.check("debits equal credits", balance["holds"], f"{len(balance['accounts'])} accounts")
    story.made["order"] = order


def _check_receipts(story: Story) -> None:
    deadline = time.monotonic() + 60
    while True:
        receipts = _order(story)["receipts"]
        sealed = [receipt for receipt in receipts if receipt["state"] != "numbered"]
        if len(sealed) == 2 or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    story.check("phí and lệ phí have a receipt each, sealed", len(sealed) == 2, ", ".join(r["number"] for r in sealed))
    for receipt in sealed:
        target = story.layout.results / f"{story.dossier_code}-receipt-{receipt['kind']}.pdf"
        story.caller.download(f"/v1/receipts/{receipt['id']}.pdf", target)
        good = outside.count_good_by_pyhanko(target, story.pki.certificate_der(ANCHOR))
        by_pdfsig = outside.count_good_by_pdfsig(target)
        story.check(f"receipt {receipt['number']} carries the seal", good == 1 and by_pdfsig in {1, None}, str(target))
        outside.picture_of_last_page(target, target.with_suffix(".png"))
        story.link(f"receipt {receipt['number']} ({receipt['kind']})", f"/receipts/{receipt['code']}")


def pay_another_order(story: Story, dossier_code: str) -> dict[str, Any]:
    """Open and pay one more order the same way; returns it."""
    order = _open_order(story, dossier_code, "Trần Văn Mẫu", [LE_PHI])
    page = _choose_vnpay(order["pay_url"])
    token = re.search(r'action="/pay/([^"]+)"', page.text)
    _pay(story, token.group(1) if token else "")
    return story.caller.get(f"/v1/fee-orders/{order['id']}")
