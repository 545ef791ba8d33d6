"""A receipt's public page, for whoever holds its code."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from gateway.web.downloads import send
from gateway.web.ports import pages

blueprint = Blueprint("receipts", __name__, url_prefix="/receipts")


@blueprint.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """Show a receipt's facts and how to check them."""
    receipt = pages().receipt_page(code) or abort(404)
    return render_template("web/receipt.html", receipt=receipt)


@blueprint.get("/<code>.pdf")
def document(code: str) -> ResponseReturnValue:
    """Give the sealed PDF."""
    return send(pages().receipt_document(code) or abort(404), as_attachment=False)


@blueprint.get("/<code>.xml")
def data(code: str) -> ResponseReturnValue:
    """Give the sealed XML, for a payer's own system."""
    return send(pages().receipt_xml(code) or abort(404), as_attachment=True)
