"""The bank's statement comes: one payment in it, one credit that nobody knows, one payment missing."""

from datetime import UTC, datetime

from gateway.demo.chapters.payment import pay_another_order
from gateway.demo.seed import ACCOUNT_NUMBER
from gateway.demo.statement import camt053_document, entry
from gateway.demo.story import Story
from payments.local_time import HANOI


def statement_is_imported(story: Story) -> None:
    """Import a camt.053 file: one match, two breaks, each explained; the same file again changes nothing."""
    story.chapter("6. Đối soát sao kê — the bank's statement is reconciled")
    missing = pay_another_order(story, f"{story.dossier_code}-B")
    story.check("a second order is paid, which the statement will lack", missing["state"] == "paid")
    story.made["missing"] = missing
    target = story.layout.results / f"{story.dossier_code}-camt053.xml"
    target.write_bytes(_statement(story))
    found = story.caller.upload("/v1/statements", target, "application/xml")
    reconciled = found["reconciliations"][0]
    ours = {attempt["id"] for attempt in story.made["order"]["attempts"]}
    matches = [match for match in reconciled["matches"] if match["payment_id"] in ours]
    story.check("one match", len(reconciled["matches"]) == 1 and len(matches) == 1, story.dossier_code)
    kinds = [item["kind"] for item in _breaks_of(story, reconciled["breaks"])]
    story.check("two breaks", sorted(kinds) == ["missing-in-statement", "unknown-credit"], ", ".join(kinds))
    for item in _breaks_of(story, reconciled["breaks"]):
        story.note(f"{item['kind']}: {item['vi']}")
    again = story.caller.upload("/v1/statements", target, "application/xml")
    story.check(
        "the same file again changes nothing", again["already_imported"] and not again["reconciliations"][0]["matches"]
    )
    for finding in found["statements"][0]["findings"]:
        story.note(f"{finding['severity']}: {finding['vi']}")


def _breaks_of(story: Story, breaks: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the breaks of this story: the database may remember earlier ones."""
    return [item for item in breaks if story.dossier_code in item["vi"] + item["en"]]


def _statement(story: Story) -> bytes:
    attempt = story.made["order"]["attempts"][0]
    amount_minor = attempt["amount_minor"]
    number = story.dossier_code.removeprefix("HS-")
    now = datetime.now(UTC)
    return camt053_document(
        account=ACCOUNT_NUMBER,
        day=now.astimezone(HANOI).date(),
        opening_minor=10_000_000,
        entries=[
            entry(amount_minor, f"VNPAY TT {attempt['reference']} {attempt['provider_transaction']}", f"FT1{number}"),
            entry(75_000, f"NGUYEN VAN LA nop tien ho so {story.dossier_code} thieu ma", f"FT2{number}"),
        ],
        created_at=now,
    )
