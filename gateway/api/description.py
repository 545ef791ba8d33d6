"""The OpenAPI document, completed from what enforces it: scopes, problem documents, bodies that are files.

What every operation has in common is said here once, so that no resource can forget it. Source: OpenAPI 3.1.0;
RFC 9457; RFC 6749, 3.3.
"""

from collections.abc import Iterator
from typing import Any

from flask_openapi3.openapi import OpenAPI
from werkzeug.routing import Rule

from gateway.api.writing import KEY_CHARACTERS

PROBLEM = "application/problem+json"
SCOPE_RULE = "scope:"
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": KEY_CHARACTERS},
    "description": "The same key with the same request gets the same answer; with another request 422",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "What went wrong and what to do about it, in the language of Accept-Language (RFC 9457)",
    "required": ["type", "title", "status", "detail", "code", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "urn:gateway:problem: and the code"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What the caller can do"},
        "code": {"type": "string", "examples": ["request-invalid"]},
        "instance": {"type": "string", "description": "This very case, as the log names it"},
        "request_id": {"type": "string"},
        "fact": {"type": "string", "description": "What is particular to this case, in English"},
        "errors": {
            "type": "array",
            "description": "For request-invalid: each fault with its place",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
PROBLEMS_OF_ALL = {
    "401": "The token is missing, unknown or has expired",
    "403": "The token lacks the scope",
    "422": "A field is wrong, or the request cannot succeed; `code` says which",
    "default": "Any other refusal or fault",
}
PROBLEMS_OF_READS = {"400": "The cursor or a parameter cannot be read"}
PROBLEMS_OF_WRITES = {
    "400": "The request cannot be read",
    "409": "The state of things does not allow this",
    "413": "The body is too large",
    "415": "The body is of another media type",
}
NOT_FOUND = {"404": "Nothing of the caller's units has that id"}


def file_answer(*media_types: str, description: str = "The bytes as they are kept") -> dict[str, Any]:
    """Return the description of an answer that is a file."""
    headers = {
        "ETag": {"schema": {"type": "string"}, "description": "The SHA-256 of the bytes"},
        "Content-Disposition": {"schema": {"type": "string"}},
    }
    content = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}
    return {"description": description, "headers": headers, "content": content}


def file_body(media_type: str) -> dict[str, Any]:
    """Return what an operation's openapi_extensions say of a body that is the file itself."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


class DescribedApi(OpenAPI):
    """The application whose document is completed when it is asked for first."""

    def generate_spec_json(self) -> None:
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        document: dict[str, Any] = self.spec_json
        schemas = document["components"].setdefault("schemas", {})
        schemas.pop(self.validation_error_model.__name__, None)
        schemas["Problem"] = PROBLEM_SCHEMA
        for path, method, rule in self._described_rules():
            _complete(document["paths"][path][method], path, method, self._scope(rule))

    def _described_rules(self) -> Iterator[tuple[str, str, Rule]]:
        for rule in self.url_map.iter_rules():
            path = rule.rule.replace("<", "{").replace(">", "}")
            described = self.spec_json["paths"].get(path, {})
            yield from ((path, method, rule) for method in described if method.upper() in (rule.methods or ()))

    def _scope(self, rule: Rule) -> str:
        # gateway.auth.oauth.authorised marks each view with what it demands.
        return str(vars(self.view_functions[rule.endpoint])["auth_rule"]).removeprefix(SCOPE_RULE)


def _complete(operation: dict[str, Any], path: str, method: str, scope: str) -> None:
    operation["security"] = [{"oauth2": [scope]}]
    writes = method != "get"
    problems = PROBLEMS_OF_ALL | (PROBLEMS_OF_WRITES if writes else PROBLEMS_OF_READS)
    problems |= NOT_FOUND if "{" in path else {}
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    kept = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    refusals = {status: {"description": problems[status], "content": content} for status in sorted(problems)}
    operation["responses"] = kept | refusals
    if writes:
        operation["parameters"] = [*operation.get("parameters", ()), IDEMPOTENCY_KEY]
