"""The pages: view-models in, HTML out. `register_web` is the one way in."""

from pathlib import Path

from flask import Blueprint, Flask, request, url_for

from gateway.web import admin, docs, headers, home, pay, receipts, sign_in, verify
from gateway.web.assets import Assets
from gateway.web.error_pages import register_error_pages
from gateway.web.formats import page_language, register_formats
from gateway.web.forms import register_forms
from gateway.web.language import register_language
from gateway.web.qr import qr_svg
from gateway.web.wording import TABLES

FOLDER = Path(__file__).parent

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    pay.blueprint,
    receipts.blueprint,
    verify.blueprint,
    sign_in.blueprint,
    admin.blueprint,
    docs.blueprint,
)


def register_web(app: Flask) -> None:
    """Add the pages to the app.

    The app gives `extensions["pages"]` (ports.PageData), `extensions["accounts"]` (sign_in.Accounts), a secret key
    and a Flask-Login manager with its user loader. It may give `extensions["problems"]` and `extensions["status_of"]`
    for errors, `config["WEB_OPERATOR_NAME"]` (who runs the service) and `config["WEB_TEST_SITE"]` (no real money).
    """
    app.config.setdefault("WEB_OPERATOR_NAME", "")
    app.config.setdefault("WEB_TEST_SITE", False)
    register_language(app)
    register_forms(app)
    register_formats(app)
    assets = Assets("web", __name__, static_folder=FOLDER / "static", template_folder=FOLDER / "templates")
    app.register_blueprint(assets)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(qr_svg=qr_svg, asset_url=assets.address, page_language=page_language, **TABLES)
    app.jinja_env.globals.update(switch_address=switch_address)
    register_error_pages(app)
    app.after_request(headers.apply)


def switch_address(code: str) -> str:
    """Return the address that shows this page in another language."""
    parameters = "&".join(part for part in request.query_string.decode().split("&") if not part.startswith("lang="))
    here = f"{request.path}?{parameters}" if parameters else request.path
    return url_for("language.switch", code=code, next=here if request.method == "GET" else "/")
