"""/v1/fee-catalogue: what each procedure costs, from when until when, and on which grounds less is owed."""

from datetime import date
from typing import Any, Literal

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from payments.catalogue.files import read_csv, read_json
from payments.journeys import import_catalogue
from payments.store.catalogue import entry_of, reduction_of
from payments.store.catalogue_tables import FeeCatalogueRow, FeeReductionRow

blueprint = APIBlueprint(
    "fee-catalogue",
    __name__,
    url_prefix="/v1/fee-catalogue",
    abp_tags=[Tag(name="fees")],
    abp_security=[{"oauth2": []}],
)
READERS = {"application/json": read_json, "text/csv": read_csv}


class CatalogueQuery(BaseModel):
    procedure_code: str | None = Field(None, max_length=60)
    on: date | None = Field(None, description="Only what holds on this day, in Vietnam")


class CatalogueEntryOut(BaseModel):
    """A fee in one period; valid_until is the first day on which it holds no more."""

    id: str
    procedure_code: str
    fee_code: str
    kind: Literal["phi", "le-phi"]
    name: str
    chapter: str
    sub_item: str
    credited_unit: str = Field(..., description="Empty for the unit that opens the order")
    formula: str = Field(..., examples=["tiers pages each 1-2:2000 3-:1000 max 200000 times copies"])
    quantities: list[str] = Field(..., description="What an order must say for the formula")
    legal_basis: str
    valid_from: date
    valid_until: date | None


class ReductionOut(BaseModel):
    """An exemption (100 percent) or reduction; empty codes mean all procedures or fees."""

    code: str
    procedure_code: str
    fee_code: str
    percent: int | None
    amount_minor: int | None
    legal_ground: str
    valid_from: date
    valid_until: date | None


class CatalogueOut(BaseModel):
    entries: list[CatalogueEntryOut]
    reductions: list[ReductionOut]


class CatalogueImportOut(BaseModel):
    """What an import did: ended counts periods that stood open and end where something newer begins."""

    added: int
    ended: int
    unchanged: int


def _entry(row: FeeCatalogueRow) -> CatalogueEntryOut:
    entry = entry_of(row)
    told = {name: getattr(entry, name) for name in CatalogueEntryOut.model_fields if hasattr(entry, name)}
    return CatalogueEntryOut(
        **{**told, "id": row.id, "formula": str(entry.formula), "quantities": list(entry.formula.quantities)}
    )


def _reduction(row: FeeReductionRow) -> ReductionOut:
    return ReductionOut.model_validate(reduction_of(row), from_attributes=True)


@blueprint.get("", summary="Read the catalogue of fees", responses={200: CatalogueOut})
@authorised("fees:read")
def show(query: CatalogueQuery) -> dict[str, Any]:
    """The caller's unit's entries and reductions."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.catalogue.entries(caller().unit_id, procedure_code=query.procedure_code, day=query.on)
        found = CatalogueOut(
            entries=[_entry(row) for row in rows],
            reductions=[_reduction(row) for row in work.payments.catalogue.reductions(caller().unit_id, day=query.on)],
        )
    return found.model_dump(mode="json")


@blueprint.post("/imports", summary="Import fees or reductions", responses={201: CatalogueImportOut})
@authorised("catalogue:write")
def take_in() -> Response:
    """Take in a whole file, JSON or CSV by its Content-Type, or refuse it with every row that is at fault.

    The same file again changes nothing. What stood before stays, and ends where something newer begins.
    """
    data = request.get_data()
    reader = READERS.get(request.mimetype)
    if reader is None:
        raise ApiProblem("media-type-not-supported")
    catalogue = reader(data)

    def take(work: UnitOfWork) -> Answer:
        done = import_catalogue(work.payments, caller().unit_id, catalogue, now=now())
        counts = CatalogueImportOut.model_validate(done, from_attributes=True).model_dump()
        work.audited(caller().actor, "catalogue.imported", caller().unit_id, caller().unit_id, now(), **counts)
        return counts, 201

    return write_once(data, take)
