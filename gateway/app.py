"""Builds the Flask application: blueprints, errors, headers; no logic."""

import re
import time
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, g, request
from flask_openapi3.models.info import Info
from pydantic import ValidationError
from werkzeug.middleware.proxy_fix import ProxyFix

from config.identifiers import new_id
from gateway import operations
from gateway.api import BLUEPRINTS
from gateway.api.description import DescribedApi
from gateway.auth.accounts import register_accounts, register_limits
from gateway.auth.oauth import register_oauth
from gateway.auth.scopes import SCOPES
from gateway.callbacks.payments import blueprint as callbacks
from gateway.pages.wiring import wire_pages
from gateway.problems import problem_for, respond, respond_invalid
from gateway.services import Services
from gateway.web import register_web
from gateway.whole_bodies import WholeBodies

log = structlog.get_logger()
VERSION = "0.1.0"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def create_app(services: Services) -> Flask:
    """Return the application that serves these services."""
    app = DescribedApi(
        "gateway",
        info=Info(title="Digital-signature and e-payment gateway", version=VERSION),
        security_schemes={"oauth2": _oauth2_scheme()},
        validation_error_callback=respond_invalid,
        doc_ui=False,
        static_folder=None,
    )
    settings = services.settings
    app.extensions["services"] = services
    app.config.update(
        SECRET_KEY=services.secrets.read(settings.master_secret),
        MAX_CONTENT_LENGTH=max(settings.limits.document_size_bytes, settings.limits.statement_size_bytes),
        MAX_FORM_MEMORY_SIZE=settings.limits.json_size_bytes,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
    )
    app.extensions["problems"] = respond
    app.extensions["status_of"] = lambda error: problem_for(error)[1].status
    app.wsgi_app = WholeBodies(app.wsgi_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(ValidationError, respond_invalid)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(callbacks)
    register_oauth(app)
    for blueprint in BLUEPRINTS:
        app.register_api(blueprint)
    app.add_url_rule("/openapi.json", "openapi", lambda: app.api_doc)
    app.config.update(WEB_OPERATOR_NAME=settings.operator_name, WEB_TEST_SITE=settings.environment == "development")
    wire_pages(app, services)
    register_accounts(app, services)
    register_web(app)
    register_limits(app)
    return app


def _oauth2_scheme() -> dict[str, object]:
    return {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPES}},
    }


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    # A caller's id is kept so that both sides' logs can be joined; anything odd is replaced, never echoed.
    g.request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
    g.started = time.perf_counter()
    g.now = datetime.now(UTC)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    milliseconds = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
    log.info(
        "request", method=request.method, route=str(request.url_rule), status=response.status_code, ms=milliseconds
    )
    return response
