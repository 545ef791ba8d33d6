"""/v1/statements and /v1/breaks: what the bank says, and what does not fit."""

from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.description import file_body
from gateway.api.paging import PageQuery, page_body
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from gateway.statement_import import ImportResult, import_file, parse_file
from payments.reconciliation.journey import Reconciled
from payments.store.statement_tables import BreakRow, BreakState, StatementRow

blueprint = APIBlueprint(
    "statements", __name__, url_prefix="/v1", abp_tags=[Tag(name="money")], abp_security=[{"oauth2": []}]
)


class FindingOut(BaseModel):
    """One thing that the checks found in a statement."""

    code: str
    severity: str
    vi: str
    en: str


class ImportedOut(BaseModel):
    id: str
    account: str
    currency: str | None
    entries_new: int
    entries_known: int
    findings: list[FindingOut]


class MatchOut(BaseModel):
    payment_id: str
    rule: str
    amount_minor: int
    currency: str


class BreakFoundOut(BaseModel):
    kind: str
    amount_minor: int
    currency: str
    occurred_on: str
    vi: str
    en: str


class ReconciledOut(BaseModel):
    account: str
    matches: list[MatchOut]
    matches_kept: int
    breaks: list[BreakFoundOut]


class StatementImportOut(BaseModel):
    """What a file brought; already_imported means that nothing was written."""

    already_imported: bool
    statements: list[ImportedOut]
    reconciliations: list[ReconciledOut]


class StatementOut(BaseModel):
    """A statement as it was imported."""

    id: str
    account: str
    currency: str | None
    identification: str
    period_from: str | None
    period_to: str | None
    entry_count: int
    findings: list[dict[str, Any]]
    imported_at: str


class StatementPage(BaseModel):
    items: list[StatementOut]
    next_cursor: str | None


class BreakOut(BaseModel):
    """A difference between the books and the bank, with its explanation and what might resolve it."""

    id: str
    kind: str
    state: BreakState
    account: str
    payment_id: str | None
    amount_minor: int
    currency: str
    occurred_on: str
    vi: str
    en: str
    proposals: list[dict[str, Any]]


class BreakPage(BaseModel):
    items: list[BreakOut]
    next_cursor: str | None


class BreakListQuery(PageQuery):
    state: BreakState | None = Field(BreakState.OPEN)


def _reconciled(account: str, found: Reconciled) -> ReconciledOut:
    return ReconciledOut(
        account=account,
        matches=[MatchOut.model_validate(match, from_attributes=True) for match in found.matches],
        matches_kept=found.matches_kept,
        breaks=[
            BreakFoundOut(
                kind=item.kind.value,
                amount_minor=item.amount_minor,
                currency=item.currency,
                occurred_on=item.occurred_on.isoformat(),
                vi=item.vi,
                en=item.en,
            )
            for item in found.breaks
        ],
    )


def render(result: ImportResult) -> dict[str, Any]:
    """Return an import as the API shows it."""
    return StatementImportOut(
        already_imported=result.imported.already_imported,
        statements=[ImportedOut.model_validate(item, from_attributes=True) for item in result.imported.statements],
        reconciliations=[_reconciled(account, found) for account, found in result.reconciled.items()],
    ).model_dump()


@blueprint.post(
    "/statements",
    summary="Import a statement (the body is the file)",
    responses={201: StatementImportOut},
    openapi_extensions=file_body("application/octet-stream"),
)
@authorised("finance:write")
def create() -> Response:
    """Keep, check, book and reconcile a camt.053 file; read whole or refused whole, and the same file once."""
    limit = services().settings.limits.statement_size_bytes
    if (request.content_length or 0) > limit:
        raise ApiProblem("statement-too-large", f"larger than {limit} bytes", limit_bytes=limit)
    blob = services().blobs.put_stream(request.stream, limit)
    parsed = parse_file(services(), blob.sha256)

    def keep(work: UnitOfWork) -> Answer:
        return render(import_file(work, caller().unit_id, caller().actor, blob, parsed, now())), 201

    return write_once(blob.sha256.encode(), keep)


@blueprint.get("/statements", summary="List statements", responses={200: StatementPage})
@authorised("finance:read")
def list_statements(query: PageQuery) -> dict[str, Any]:
    """Newest import first."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.statements.list_statements(caller().unit_id, before_id=query.before_id(), limit=query.limit)
        return page_body(rows, query, lambda row: row.id, _statement)


def _statement(row: StatementRow) -> dict[str, Any]:
    return StatementOut(
        id=row.id,
        account=row.account,
        currency=row.currency,
        identification=row.identification,
        period_from=row.period_from.isoformat() if row.period_from else None,
        period_to=row.period_to.isoformat() if row.period_to else None,
        entry_count=row.entry_count,
        findings=row.findings,
        imported_at=row.imported_at.isoformat(),
    ).model_dump()


@blueprint.get("/breaks", summary="List breaks", responses={200: BreakPage})
@authorised("finance:read")
def list_breaks(query: BreakListQuery) -> dict[str, Any]:
    """Newest first, each with its explanation and what might resolve it."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.statements.list_breaks(
            caller().unit_id, state=query.state, before_id=query.before_id(), limit=query.limit
        )
        return page_body(rows, query, lambda row: row.id, _break)


def _break(row: BreakRow) -> dict[str, Any]:
    return BreakOut(
        id=row.id,
        kind=row.kind,
        state=BreakState(row.state),
        account=row.account,
        payment_id=row.payment_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        occurred_on=row.occurred_on.isoformat(),
        vi=row.explanation_vi,
        en=row.explanation_en,
        proposals=row.proposals,
    ).model_dump()
