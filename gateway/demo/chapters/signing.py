"""A real PDF is signed by the official and sealed by the unit, then validated by us and by others."""

from pathlib import Path

from gateway.demo import outside
from gateway.demo.story import Story
from gateway.devpki.model import ANCHOR, OFFICIAL, SEAL

FINAL_STATES = {"completed", "failed", "refused", "cancelled", "expired"}


def document_is_signed(story: Story) -> None:
    """Upload, ask for two signatures in order, and look at what came of it with other programs."""
    story.chapter(f"1. Văn bản được ký — a document is signed (hồ sơ {story.dossier_code})")
    document = story.caller.upload("/v1/documents", story.document, "application/pdf")
    pages = document["inspection"]["page_count"]
    story.check(
        "the PDF is taken", document["inspection"]["signable"], f"{document['size_bytes']} bytes, {pages} pages"
    )
    holders = [("person", OFFICIAL), ("organisation", SEAL)]
    steps = [{"profile": code, "certificate_id": story.seeded.certificate_ids[holder]} for code, holder in holders]
    body = {
        "dossier_code": story.dossier_code,
        "title": "Quyết định đăng ký hộ kinh doanh",
        "document_ids": [document["id"]],
        "steps": steps,
    }
    request = story.caller.post("/v1/signing-requests", body, key=f"sign-{story.dossier_code}")
    again = story.caller.post("/v1/signing-requests", body, key=f"sign-{story.dossier_code}")
    story.check("the same request sent twice is one request", again["id"] == request["id"], request["id"])
    request = story.caller.wait(f"/v1/signing-requests/{request['id']}", FINAL_STATES, 60)
    fact = request["state"] + (f" ({request['problem_detail']})" if request["problem_detail"] else "")
    story.check("official and seal have signed, in this order", request["state"] == "completed", fact)
    where = "PKCS#11 token (SoftHSM2)" if story.keys_in_token else "PKCS#12 file, standing in for a token"
    story.note(f"the keys live in: {where}")
    for step in request["steps"]:
        for signature in step["signatures"]:
            story.note(
                f"{step['profile']}: {signature['level']} at {signature['signed_at']}, {signature['field_name']}"
            )
    _check_by_others(story, document["id"], request["id"])
    heard = story.listener.wait_for("signing-request.completed", story.dossier_code, 10)
    story.check("a signed webhook said so", heard is not None)


def _check_by_others(story: Story, document_id: str, request_id: str) -> None:
    target = story.layout.results / f"{story.dossier_code}-signed.pdf"
    story.caller.download(f"/v1/signing-requests/{request_id}/documents/{document_id}/signed", target)
    story.made["signed_pdf"] = target
    _check_signatures(story, target, 2)
    picture = outside.picture_of_last_page(target, target.with_suffix(".png"))
    story.note(f"signed PDF: {target}")
    if picture is not None:
        story.note(f"its last page: {picture}")


def _check_signatures(story: Story, path: Path, expected: int) -> None:
    good = outside.count_good_by_pyhanko(path, story.pki.certificate_der(ANCHOR))
    story.check(f"pyHanko finds {expected} good signatures", good == expected, str(good))
    found = outside.count_good_by_pdfsig(path)
    if found is None:
        story.note("pdfsig is not installed (poppler-utils), so nobody else was asked")
    else:
        story.check(f"pdfsig finds {expected} good signatures", found == expected, str(found))


def document_is_validated(story: Story) -> None:
    """The gateway's own validation: one report, each signature with its indication and why."""
    story.chapter("2. Chữ ký được kiểm tra — the signatures are validated")
    document = story.caller.upload("/v1/documents", story.made["signed_pdf"], "application/pdf")
    validation = story.caller.post("/v1/validations", {"document_id": document["id"]})
    validation = story.caller.wait(f"/v1/validations/{validation['id']}", {"completed", "failed"}, 60)
    report = validation["report"] or {"overall": validation["problem_code"], "signatures": []}
    story.check("the document as a whole", report["overall"] == "TOTAL_PASSED", report["overall"])
    for found in report["signatures"]:
        why = "; ".join(reason["vi"] for reason in found["reasons"]) or "không có điều gì đáng ngờ"
        story.check(found["signer_name"], found["indication"] == "TOTAL_PASSED", f"{found['indication']}, {why}")
    story.check("both signatures are in the report", len(report["signatures"]) == 2)
