"""Our errors as RFC 9457 problem details; the only place that gives an error its status and its words."""

import uuid
from typing import Any

import structlog
from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from gateway.problem_catalogue import HTTP_CODES, PROBLEMS, UNEXPECTED, Problem

log = structlog.get_logger()


def language() -> str:
    """Return the caller's language: Vietnamese unless English is preferred."""
    return request.accept_languages.best_match(["vi", "en"], default="vi")


def problem_for(error: BaseException) -> tuple[str, Problem]:
    """Return the code and catalogue entry of an error; anything that is not ours is unexpected."""
    if isinstance(error, OperationalError | PoolTimeout) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return "database-unavailable", PROBLEMS["database-unavailable"]
    if isinstance(error, HTTPException):
        code = HTTP_CODES.get(error.code or 500, "unexpected")
        return code, PROBLEMS.get(code, UNEXPECTED)
    own = getattr(error, "code", None)
    if isinstance(own, str) and own in PROBLEMS:
        return own, PROBLEMS[own]
    return "unexpected", UNEXPECTED


def body_of(code: str, problem: Problem, detail: str, **fields: object) -> dict[str, Any]:
    """Return the members of a problem document in the caller's language."""
    vietnamese = language() == "vi"
    return {
        "type": f"urn:gateway:problem:{code}",
        "title": problem.title_vi if vietnamese else problem.title_en,
        "status": problem.status,
        "detail": problem.advice_vi if vietnamese else problem.advice_en,
        "code": code,
        "instance": f"urn:uuid:{uuid.uuid4()}",
        "request_id": g.get("request_id", ""),
        **({"fact": detail} if detail else {}),
        **fields,
    }


def respond(error: Exception) -> ResponseReturnValue:
    """Answer an error as a problem document; what we do not know stays inside, under the request's id."""
    code, problem = problem_for(error)
    known = not isinstance(error, HTTPException) and code not in {"unexpected", "database-unavailable"}
    body = body_of(code, problem, str(error) if known else "", **getattr(error, "fields", {}))
    if problem.status >= 500:
        log.error("request failed", problem=code, instance=body["instance"], exc_info=error)
    else:
        log.info("request refused", problem=code, instance=body["instance"])
    return _response(body, problem)


def respond_invalid(error: ValidationError) -> Response:
    """Answer a request whose fields are wrong: every fault with the place where it is."""
    faults = [
        {"pointer": _pointer(fault["loc"]), "detail": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    body = body_of("request-invalid", PROBLEMS["request-invalid"], "", errors=faults)
    log.info("request refused", problem="request-invalid", instance=body["instance"])
    return _response(body, PROBLEMS["request-invalid"])


def _response(body: dict[str, Any], problem: Problem) -> Response:
    response = jsonify(body)
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    if problem.retry_after_seconds:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="gateway"'
    return response


def _pointer(place: tuple[int | str, ...]) -> str:
    """Return a JSON pointer to a place in a body; what stands in brackets names a kind that the place could have."""
    return "/" + "/".join(part for part in map(str, place) if not part.startswith("("))
