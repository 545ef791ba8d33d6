"""The front page: three plain choices."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

blueprint = Blueprint("home", __name__)

CODE_LENGTH_LIMIT = 200


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Ask what the visitor came for."""
    return render_template("web/home.html")


@blueprint.get("/go")
def go() -> ResponseReturnValue:
    """Lead from a code typed from a paper to its page."""
    code = request.args.get("code", "").strip()
    place = "pay.show" if request.args.get("to") == "pay" else "receipts.show"
    if not code or len(code) > CODE_LENGTH_LIMIT or "/" in code:
        return render_template("web/home.html", missing=place, code=code[:CODE_LENGTH_LIMIT]), 400
    target = url_for(place, token=code) if place == "pay.show" else url_for(place, code=code)
    return redirect(target, 303)
