"""Writes that are made once: the same Idempotency-Key with the same request gets the same answer."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, current_app, g, jsonify, request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gateway.auth.caller import Caller
from gateway.db.tables.callers import IdempotencyRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from gateway.services import Services

KEY_CHARACTERS = 255
Answer = tuple[dict[str, Any], int]


def services() -> Services:
    """Return the services of the running application."""
    return cast("Services", current_app.extensions["services"])


def caller() -> Caller:
    """Return the client behind the request; only inside an authorised view."""
    return cast("Caller", g.caller)


def now() -> datetime:
    """Return the time of this request: one moment for everything it writes."""
    return cast("datetime", g.now)


def write_once(content: bytes | BaseModel, action: Callable[[UnitOfWork], Answer]) -> Response:
    """Run action in one transaction and answer what it returns, once for each Idempotency-Key.

    The key, the request's hash and the answer are kept in the action's own transaction, so there is no moment in
    which the work is done but the key not known.

    Args:
        content: What the caller asked for: a repetition with other content is refused.
        action: Does the work through the unit of work and returns the answer's body and status.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_CHARACTERS:
        raise ApiProblem("idempotency-key-too-long")
    fingerprint = _fingerprint(content)
    with services().unit_of_work() as work:
        if not key:
            body, status = action(work)
            work.commit()
            return _answer(body, status)
        kept = _kept(work, key)
        if kept is None:
            body, status = action(work)
            work.session.add(_row(key, fingerprint, body, status))
            try:
                work.commit()
            except IntegrityError:
                work.session.rollback()
                kept = _kept(work, key)
                if kept is None:
                    raise
            else:
                return _answer(body, status)
    if kept.request_sha256 != fingerprint:
        raise ApiProblem("idempotency-key-reused")
    response = _answer(kept.answer, kept.status)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _kept(work: UnitOfWork, key: str) -> IdempotencyRow | None:
    query = select(IdempotencyRow).where(IdempotencyRow.client_id == caller().client_id, IdempotencyRow.key == key)
    return work.session.scalars(query).first()


def _row(key: str, fingerprint: str, body: dict[str, Any], status: int) -> IdempotencyRow:
    return IdempotencyRow(
        client_id=caller().client_id,
        key=key,
        unit_id=caller().unit_id,
        request_sha256=fingerprint,
        status=status,
        answer=body,
        created_at=datetime.now(UTC),
    )


def _fingerprint(content: bytes | BaseModel) -> str:
    raw = content if isinstance(content, bytes) else content.model_dump_json().encode()
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + raw).hexdigest()


def _answer(body: dict[str, Any], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response
