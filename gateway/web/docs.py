"""The API, explained for people by the server itself: no script and no other host."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from gateway.web.api_guide import read_guide
from gateway.web.ports import pages

blueprint = Blueprint("docs", __name__, url_prefix="/docs")


@blueprint.get("")
def overview() -> ResponseReturnValue:
    """List the operations by tag, after what they have in common."""
    return render_template("web/docs.html", guide=read_guide(pages().openapi()))


@blueprint.get("/<operation_id>")
def operation(operation_id: str) -> ResponseReturnValue:
    """Explain one operation."""
    guide = read_guide(pages().openapi())
    found = guide.find_operation(operation_id) or abort(404)
    return render_template("web/docs_operation.html", guide=guide, operation=found)
