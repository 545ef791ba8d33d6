"""Vietnamese by default, English on request: by `?lang=` or by the switch, remembered in a cookie."""

from pathlib import Path
from typing import Literal, TypeVar

from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug.wrappers import Response

from gateway.web.redirects import local_path

LANGUAGES = ("vi", "en")
COOKIE = "lang"
TRANSLATIONS = Path(__file__).parent / "translations"
ONE_YEAR_SECONDS = 365 * 24 * 3600

AnyResponse = TypeVar("AnyResponse", bound=Response)

blueprint = Blueprint("language", __name__)


def choose_language() -> str:
    """Return the language asked for; the browser's own preference does not count, because offices print pages."""
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return "vi"


def remember(response: AnyResponse, code: str) -> AnyResponse:
    """Keep the choice for a year."""
    response.set_cookie(COOKIE, code, max_age=ONE_YEAR_SECONDS, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


@blueprint.get("/language/<any(vi, en):code>")
def switch(code: Literal["vi", "en"]) -> ResponseReturnValue:
    """Change the language and go back to the page."""
    response = redirect(local_path(request.args.get("next"), "/"), 303)
    return remember(response, code)


def remember_wish(response: AnyResponse) -> AnyResponse:
    """Keep a valid `?lang=` of a page, so that the pages after it follow."""
    wish = request.args.get("lang")
    if response.mimetype == "text/html" and wish in LANGUAGES and request.cookies.get(COOKIE) != wish:
        return remember(response, wish)
    return response


def register_language(app: Flask) -> None:
    """Set up the catalogue and the switch."""
    Babel(
        app,
        default_locale="vi",
        default_timezone="Asia/Ho_Chi_Minh",
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=choose_language,
    )
    app.register_blueprint(blueprint)
    app.after_request(remember_wish)
