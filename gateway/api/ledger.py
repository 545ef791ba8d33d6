"""/v1/ledger: the unit's journal and balances."""

from datetime import date, timedelta
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.writing import caller, services
from gateway.auth.oauth import authorised
from payments.ledger.income import income_lines
from payments.local_time import end_of_day

blueprint = APIBlueprint(
    "ledger", __name__, url_prefix="/v1/ledger", abp_tags=[Tag(name="money")], abp_security=[{"oauth2": []}]
)


class EntriesQuery(BaseModel):
    after_sequence: int = Field(0, ge=0, le=2**63 - 1, description="Entries after this number")
    limit: int = Field(100, ge=1, le=1000)


class BalanceQuery(BaseModel):
    through: date | None = Field(None, description="The last day that counts, in Vietnam; default all")


class IncomeQuery(BaseModel):
    first: date = Field(..., description="The first day, in Vietnam")
    through: date = Field(..., description="The last day that counts")


class IncomeLineOut(BaseModel):
    """One budget line of one unit: what it collected and gave back in the period."""

    kind: str
    chapter: str
    sub_item: str
    credited_unit: str
    currency: str
    collected_minor: int
    returned_minor: int
    net_minor: int


class IncomeOut(BaseModel):
    lines: list[IncomeLineOut]
    net_minor: int


class PostingOut(BaseModel):
    """One amount, debited to one account and credited to another."""

    debit_account: str
    credit_account: str
    amount_minor: int
    currency: str


class EntryOut(BaseModel):
    id: str
    sequence: int
    kind: str
    description: str
    booked_at: str
    reverses_entry_id: str | None
    postings: list[PostingOut]


class EntryList(BaseModel):
    items: list[EntryOut]


class BalanceOut(BaseModel):
    account: str
    currency: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


class TrialBalanceOut(BaseModel):
    """Every account's turnover and balance; holds says that debits equal credits."""

    holds: bool
    accounts: list[BalanceOut]


@blueprint.get("/entries", summary="Read the journal", responses={200: EntryList})
@authorised("finance:read")
def entries(query: EntriesQuery) -> dict[str, Any]:
    """In the order in which they were booked; numbers have no gaps."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.journal.entries(caller().unit_id, after_sequence=query.after_sequence, limit=query.limit)
        items = [
            EntryOut(
                id=row.id,
                sequence=row.sequence,
                kind=row.kind,
                description=row.description,
                booked_at=row.booked_at.isoformat(),
                reverses_entry_id=row.reverses_entry_id,
                postings=[
                    PostingOut(
                        debit_account=posting.debit_account.code,
                        credit_account=posting.credit_account.code,
                        amount_minor=posting.amount_minor,
                        currency=posting.currency,
                    )
                    for posting in row.postings
                ],
            )
            for row in rows
        ]
    return EntryList(items=items).model_dump()


@blueprint.get("/trial-balance", summary="Read the trial balance", responses={200: TrialBalanceOut})
@authorised("finance:read")
def trial_balance(query: BalanceQuery) -> dict[str, Any]:
    """Balances of the unit's accounts over all that was booked, or through a day."""
    moment = end_of_day(query.through) if query.through else None
    with services().unit_of_work(read_only=True) as work:
        found = work.payments.journal.trial_balance(caller().unit_id, moment)
    accounts = [BalanceOut.model_validate(row, from_attributes=True) for row in found.accounts]
    return TrialBalanceOut(holds=found.holds, accounts=accounts).model_dump()


@blueprint.get("/income", summary="Read income by budget line", responses={200: IncomeOut})
@authorised("finance:read")
def income(query: IncomeQuery) -> dict[str, Any]:
    """Fees collected between two days, by chapter, sub-item and the unit credited."""
    with services().unit_of_work(read_only=True) as work:
        journal = work.payments.journal
        through = journal.trial_balance(caller().unit_id, end_of_day(query.through))
        before = journal.trial_balance(caller().unit_id, end_of_day(query.first - timedelta(days=1)))
    lines = [IncomeLineOut.model_validate(line, from_attributes=True) for line in income_lines(through, before)]
    return IncomeOut(lines=lines, net_minor=sum(line.net_minor for line in lines)).model_dump()
