"""What operators and auditors see: each dossier's whole story."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certs.inventory import NOTICE_DAYS
from gateway.web import samples
from gateway.web.downloads import send
from gateway.web.ports import pages

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def require_sign_in() -> ResponseReturnValue | None:
    """Lead whoever has not signed in to the sign-in page and back."""
    if current_user.is_authenticated:
        return None
    return redirect(url_for("sign_in.ask", next=request.full_path.rstrip("?")), 303)


def viewer() -> object:
    """Return the signed-in person itself: the proxy would change its meaning after the request."""
    return current_user._get_current_object()


@blueprint.get("")
def stories() -> ResponseReturnValue:
    """List the dossiers that the viewer may see."""
    search = request.args.get("search", "").strip()
    found = pages().stories(viewer(), search, request.args.get("cursor") or None)
    return render_template("web/stories.html", found=found, search=search)


@blueprint.get("/dossiers/<path:code>")
def story(code: str) -> ResponseReturnValue:
    """Tell one dossier's story, step by step, with its evidence."""
    page = pages().story(viewer(), code) or abort(404)
    return render_template("web/story.html", page=page)


@blueprint.get("/files/<file_id>")
def file(file_id: str) -> ResponseReturnValue:
    """Give a stored file, such as a document's revision."""
    return send(pages().file(viewer(), file_id) or abort(404), as_attachment=True)


@blueprint.get("/certificates")
def certificates() -> ResponseReturnValue:
    """Show what ends soon, which keys are held or fail, and how what certificates lean on is doing."""
    asked = request.args.get("days", type=int)
    days = asked if asked in NOTICE_DAYS else max(NOTICE_DAYS)
    return render_template("web/certificates.html", page=pages().certificates(viewer(), days))


@blueprint.get("/styleguide")
def styleguide() -> ResponseReturnValue:
    """Show every component in every state."""
    return render_template("web/styleguide.html", samples=samples)
