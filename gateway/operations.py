"""Health, readiness and metrics: for machines that watch, without secrets and without sign-in."""

from collections.abc import Callable
from typing import cast

import structlog
from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from gateway.database_numbers import database_registry
from gateway.metrics import counted_registry
from gateway.services import Services

blueprint = Blueprint("operations", __name__)
log = structlog.get_logger()


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; nothing else is asked, so that a database fault restarts no web worker."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Say whether requests can be served now: database, blobs and fonts, each by trying it."""
    services = cast("Services", current_app.extensions["services"])
    checks: dict[str, Callable[[], bool]] = {
        "database": lambda: _database_answers(services),
        "blobs": services.blobs.is_writable,
        "fonts": lambda: (services.settings.fonts_folder / "LiberationSerif-Regular.ttf").is_file(),
    }
    results = {name: _passes(name, check) for name, check in checks.items()}
    ready = all(results.values())
    words = {name: "ok" if passed else "failing" for name, passed in results.items()}
    return jsonify(status="ready" if ready else "not ready", checks=words), 200 if ready else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Give Prometheus what processes counted and what the database knows."""
    services = cast("Services", current_app.extensions["services"])
    numbers = generate_latest(counted_registry()) + generate_latest(database_registry(services))
    return Response(numbers, content_type=CONTENT_TYPE_LATEST)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever the fault is, the answer is "not ready"
        log.warning("a readiness check failed", check=name, error=type(error).__name__)
        return False


def _database_answers(services: Services) -> bool:
    with services.unit_of_work(read_only=True) as work:
        return bool(work.session.execute(text("SELECT 1")).scalar_one())
