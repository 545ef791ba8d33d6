"""What the page that describes the API shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiField:
    """One row of a schema table: the path of the field from the top, such as `items[].amount_minor`."""

    path: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class ApiParameter:
    """A parameter outside the body; place is path, query, header or cookie."""

    name: str
    place: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class ApiResponse:
    """What an operation answers with one status."""

    status: str
    description: str
    fields: tuple[ApiField, ...] = ()
    example: str | None = None


@dataclass(frozen=True)
class ApiOperation:
    """One operation of the API, read from the OpenAPI document."""

    operation_id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    needs_token: bool
    scopes: tuple[str, ...] = ()
    parameters: tuple[ApiParameter, ...] = ()
    body_media_type: str | None = None
    body_fields: tuple[ApiField, ...] = ()
    body_example: str | None = None
    responses: tuple[ApiResponse, ...] = ()


@dataclass(frozen=True)
class ApiGuide:
    """The whole API: its name and its operations by tag, in the document's order."""

    title: str
    version: str
    description: str
    tags: tuple[tuple[str, str], ...]
    operations: tuple[ApiOperation, ...]

    def find_operation(self, operation_id: str) -> ApiOperation | None:
        """Return the operation with this id."""
        return next((operation for operation in self.operations if operation.operation_id == operation_id), None)
