"""Forms of pages carry a CSRF token; the API, OAuth and callbacks prove themselves in other ways."""

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

protection = CSRFProtect()


def register_forms(app: Flask) -> None:
    """Offer csrf_token() to templates; only blueprints guarded below check it.

    The token lives as long as the session: a payer may leave the page open for hours before paying.
    """
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    protection.init_app(app)


def check_token() -> None:
    """Refuse a form without this session's token (400), before the view runs."""
    protection.protect()


def guard_forms(blueprint: Blueprint) -> Blueprint:
    """Make every POST of the blueprint carry the token."""
    blueprint.before_request(check_token)
    return blueprint
