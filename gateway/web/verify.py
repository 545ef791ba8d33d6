"""Anyone may check the signatures of a document."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from gateway.web.formats import words
from gateway.web.forms import guard_forms
from gateway.web.ports import ActionRefused, pages
from gateway.web.verify_views import VerifyState

blueprint = guard_forms(Blueprint("verify", __name__, url_prefix="/verify"))


@blueprint.get("")
def ask() -> ResponseReturnValue:
    """Ask for a file."""
    return render_template("web/verify.html")


@blueprint.post("")
def upload() -> ResponseReturnValue:
    """Take the file and lead to its report."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return render_template("web/verify.html", problem=gettext("Bạn chưa chọn tệp nào.")), 400
    try:
        code = pages().start_verification(file.filename, file.stream)
    except ActionRefused as refused:
        return render_template("web/verify.html", problem=words(refused.reason)), 422
    return redirect(url_for(".show", code=code), 303)


@blueprint.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """Show the report, or that it is being made."""
    page = pages().verify_page(code) or abort(404)
    return render_template("web/verify_report.html", page=page, waiting=page.state is VerifyState.WAITING)


@blueprint.get("/<code>/status")
def status(code: str) -> ResponseReturnValue:
    """Tell the waiting page's script whether the report is ready."""
    state = pages().verify_state(code) or abort(404)
    response = jsonify(state=state, waiting=state is VerifyState.WAITING)
    response.headers["Cache-Control"] = "no-store"
    return response
