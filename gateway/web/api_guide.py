"""An OpenAPI 3.1 document read into tables that a page can show. Source: OpenAPI Specification 3.1.0."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.web.api_views import ApiField, ApiGuide, ApiOperation, ApiParameter, ApiResponse

METHODS = ("get", "post", "put", "patch", "delete")
DEPTH_LIMIT = 4

Node = Mapping[str, Any]


def read_guide(document: Node) -> ApiGuide:
    """Return the whole API; operations keep the document's order within each tag."""
    info = document.get("info", {})
    operations = tuple(_operations(document))
    described = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    used = dict.fromkeys(operation.tag for operation in operations)
    order = [*(name for name in described if name in used), *(name for name in used if name not in described)]
    return ApiGuide(
        title=info.get("title", ""),
        version=info.get("version", ""),
        description=info.get("description", ""),
        tags=tuple((name, described.get(name, "")) for name in order),
        operations=operations,
    )


def _operations(document: Node) -> Iterator[ApiOperation]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield _operation(document, path, method, item[method], item.get("parameters", ()))


def _operation(document: Node, path: str, method: str, node: Node, shared: Any) -> ApiOperation:
    body = _resolve(document, node.get("requestBody", {}))
    media_type, schema, example = _content(document, body)
    return ApiOperation(
        operation_id=node.get("operationId") or f"{method}{path.replace('/', '-')}",
        method=method.upper(),
        path=path,
        tag=next(iter(node.get("tags", ())), ""),
        summary=node.get("summary") or f"{method.upper()} {path}",
        # flask-openapi3 writes the line breaks of docstrings as HTML.
        description=node.get("description", "").replace("<br/>", "\n"),
        needs_token=any(node.get("security", document.get("security", ()))),
        scopes=_scopes(document, node),
        parameters=tuple(_parameter(document, item) for item in (*shared, *node.get("parameters", ()))),
        body_media_type=media_type,
        body_fields=tuple(_fields(document, schema)),
        body_example=example,
        responses=tuple(_response(document, status, item) for status, item in node.get("responses", {}).items()),
    )


def _scopes(document: Node, node: Node) -> tuple[str, ...]:
    requirements = node.get("security", document.get("security", ()))
    return tuple(dict.fromkeys(scope for item in requirements for scopes in item.values() for scope in scopes))


def _parameter(document: Node, item: Node) -> ApiParameter:
    parameter = _resolve(document, item)
    schema = _resolve(document, parameter.get("schema", {}))
    return ApiParameter(
        name=parameter["name"],
        place=parameter["in"],
        type=_type_name(document, schema),
        required=bool(parameter.get("required")),
        description=_explain(parameter.get("description", ""), schema),
    )


def _response(document: Node, status: str, item: Node) -> ApiResponse:
    response = _resolve(document, item)
    _, schema, example = _content(document, response)
    return ApiResponse(str(status), response.get("description", ""), tuple(_fields(document, schema)), example)


def _content(document: Node, holder: Node) -> tuple[str | None, Node, str | None]:
    for media_type, content in holder.get("content", {}).items():
        schema = _resolve(document, content.get("schema", {}))
        return media_type, schema, _example(document, content, schema)
    return None, {}, None


def _example(document: Node, content: Node, schema: Node) -> str | None:
    if "example" in content:
        value = content["example"]
    elif content.get("examples"):
        first = _resolve(document, next(iter(content["examples"].values())))
        value = first.get("value")
    elif schema.get("examples"):
        value = schema["examples"][0]
    else:
        value = schema.get("example")
    return None if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def _fields(document: Node, schema: Node, prefix: str = "", depth: int = 0) -> Iterator[ApiField]:
    node = _flatten(document, schema)
    required = set(node.get("required", ()))
    for name, raw in node.get("properties", {}).items():
        child = _flatten(document, raw)
        path = f"{prefix}{name}"
        yield ApiField(
            path, _type_name(document, child), name in required, _explain(child.get("description", ""), child)
        )
        if depth < DEPTH_LIMIT:
            inner, mark = (child.get("items", {}), "[].") if child.get("type") == "array" else (child, ".")
            yield from _fields(document, inner, f"{path}{mark}", depth + 1)
    if not prefix and node.get("type") == "array":
        yield from _fields(document, node.get("items", {}), "[].", depth + 1)


def _flatten(document: Node, raw: Node) -> Node:
    """Follow a reference, join allOf, and read `T or null` as an optional T."""
    node = _resolve(document, raw)
    parts = [_resolve(document, part) for part in node.get("allOf", ())]
    choices = [_resolve(document, part) for part in (*node.get("anyOf", ()), *node.get("oneOf", ()))]
    real = [choice for choice in choices if choice.get("type") != "null"]
    parts += real if len(real) == 1 else []
    merged: dict[str, Any] = {}
    for part in (*parts, node):
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged.update(part)
        merged.update({"properties": properties} if properties else {}, required=required)
    return merged


def _resolve(document: Node, node: Node) -> Node:
    """Follow $ref within the document; text beside the reference wins over the target's."""
    reference = node.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return node
    target: Any = document
    for part in reference[2:].split("/"):
        target = target.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, Mapping) else {}
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return {**_resolve(document, target), **beside}


def _type_name(document: Node, schema: Node) -> str:
    node = _flatten(document, schema)
    kind = node.get("type", "")
    if isinstance(kind, list):
        return " | ".join(kind)
    if kind == "array":
        return f"{_type_name(document, node.get('items', {}))}[]"
    choices = [_type_name(document, part) for part in (*node.get("anyOf", ()), *node.get("oneOf", ()))]
    if not kind and choices:
        return " | ".join(dict.fromkeys(choices))
    return f"{kind} ({node['format']})" if node.get("format") else str(kind or "any")


def _explain(description: str, schema: Node) -> str:
    """Join the description with the limits that a caller must keep."""
    limits = [description.strip()] if description.strip() else []
    if "const" in schema:
        limits.append(f"= {schema['const']}")
    if schema.get("enum"):
        limits.append(" | ".join(str(value) for value in schema["enum"]))
    names = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits += [f"{sign} {schema[name]}" for name, sign in names.items() if name in schema]
    lengths = {"minLength": "≥", "maxLength": "≤"}
    limits += [f"{sign} {schema[name]} chars" for name, sign in lengths.items() if name in schema]
    if schema.get("pattern"):
        limits.append(f"/{schema['pattern']}/")
    return " · ".join(limits)
