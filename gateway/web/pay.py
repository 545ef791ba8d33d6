"""The payer's pages. What a browser brings back is shown and never booked."""

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.web import headers
from gateway.web.downloads import send
from gateway.web.forms import guard_forms
from gateway.web.pay_views import PayPage, PayState
from gateway.web.ports import ActionRefused, pages
from gateway.web.qr import qr_png
from gateway.web.view_models import Text

blueprint = guard_forms(Blueprint("pay", __name__, url_prefix="/pay"))

OPEN_STATES = (PayState.AWAITING_PAYMENT, PayState.AWAITING_CONFIRMATION)


def get_page(token: str) -> PayPage:
    """Return the order's page; 404 for a token that nobody was given."""
    return pages().pay_page(token) or abort(404)


def show_page(page: PayPage, refusal: Text | None = None, status: int = 200) -> Response:
    """Render the order; its form may lead to the providers' own pages."""
    html = render_template("web/pay.html", page=page, refusal=refusal, waiting=page.state in OPEN_STATES)
    targets = [choice.origin for choice in page.providers if choice.origin]
    return headers.apply(make_response(html, status), targets)


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show what is owed and how to pay it."""
    return show_page(get_page(token))


@blueprint.get("/<token>/status")
def status(token: str) -> ResponseReturnValue:
    """Tell the waiting page's script whether the state changed."""
    state = pages().pay_state(token) or abort(404)
    response = jsonify(state=state, waiting=state in OPEN_STATES)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<token>/qr.png")
def qr_picture(token: str) -> ResponseReturnValue:
    """Give the VietQR as a picture, for a payer whose bank app is on this phone."""
    transfer = get_page(token).transfer or abort(404)
    response = Response(qr_png(transfer.qr_text), mimetype="image/png")
    response.headers["Content-Disposition"] = 'attachment; filename="vietqr.png"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<token>/provider-receipt.pdf")
def provider_receipt(token: str) -> ResponseReturnValue:
    """Give the receipt that the provider issued of its own."""
    return send(pages().provider_receipt(token) or abort(404), as_attachment=True)


@blueprint.post("/<token>/attempts/<provider>")
def start_attempt(token: str, provider: str) -> ResponseReturnValue:
    """Start an attempt; hand the browser over to the provider, or show the code to scan on our own page."""
    page = get_page(token)
    if provider not in {choice.code for choice in page.providers}:
        return redirect(url_for(".show", token=token), 303)
    try:
        address = pages().start_attempt(token, provider, request.remote_addr or "")
    except ActionRefused as refused:
        return show_page(get_page(token), refused.reason, 409)
    return redirect(address or url_for(".show", token=token), 303)


@blueprint.get("/<token>/return")
def come_back(token: str) -> ResponseReturnValue:
    """Receive the browser from the provider; only the provider's own call to us books money."""
    page = pages().return_page(token, request.args.to_dict()) or abort(404)
    return render_template("web/pay_return.html", back=page, page=page.page, waiting=page.page.state in OPEN_STATES)
