"""Statements, entries, matches and breaks between plain values and kept rows."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from config.identifiers import new_id
from payments.reconciliation.model import Break, Match, Proposal
from payments.statements.model import Entry, EntryDetail, EntryStatus, Finding, Statement
from payments.store.statement_tables import BreakRow, BreakState, MatchRow, StatementEntryRow, StatementRow


def entry_of(row: StatementEntryRow) -> Entry:
    """Return a kept entry as the parser gave it."""
    return Entry(
        position=row.position,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reversal=row.reversal,
        status=EntryStatus.BOOKED,
        booking_date=row.booking_date,
        value_date=row.value_date,
        bank_reference=row.bank_reference,
        references=tuple(row.identifiers),
        texts=tuple(row.texts),
        details=tuple(_detail_of(values) for values in row.details),
        line=row.line,
    )


def _detail_of(values: dict[str, Any]) -> EntryDetail:
    return EntryDetail(**values | {"references": tuple(values["references"]), "texts": tuple(values["texts"])})


def statement_row(
    unit_id: str,
    file_sha256: str,
    position: int,
    statement: Statement,
    findings: Sequence[Finding],
    new_entries: int,
    now: datetime,
) -> StatementRow:
    """Return a statement as it is kept."""
    opening, closing = statement.find_opening(), statement.find_closing()
    return StatementRow(
        id=new_id(),
        unit_id=unit_id,
        file_sha256=file_sha256,
        position=position,
        format=statement.format,
        identification=statement.identification,
        sequence_number=statement.sequence_number,
        account=statement.account,
        currency=statement.currency,
        created_by_bank_at=statement.created_at,
        period_from=statement.period_from,
        period_to=statement.period_to,
        opening_minor=opening.amount_minor if opening else None,
        opening_day=opening.day if opening else None,
        closing_minor=closing.amount_minor if closing else None,
        closing_day=closing.day if closing else None,
        entry_count=len(statement.booked),
        new_entry_count=new_entries,
        findings=[asdict(finding) for finding in findings],
        imported_at=now,
    )


def entry_values(statement: StatementRow, key: str, entry: Entry) -> dict[str, Any]:
    """Return a new entry as column values, for a bulk insert."""
    return {
        "id": new_id(),
        "unit_id": statement.unit_id,
        "statement_id": statement.id,
        "account": statement.account,
        "entry_key": key,
        "position": entry.position,
        "amount_minor": entry.amount_minor,
        "currency": entry.currency,
        "reversal": entry.reversal,
        "booking_date": entry.booking_date,
        "value_date": entry.value_date,
        "bank_reference": entry.bank_reference,
        "identifiers": list(entry.references),
        "texts": list(entry.texts),
        "details": [asdict(detail) for detail in entry.details],
        "line": entry.line,
    }


def match_row(unit_id: str, account: str, match: Match, now: datetime) -> MatchRow:
    """Return a match as it is kept."""
    entry_id, detail = match.movement
    return MatchRow(
        id=new_id(),
        unit_id=unit_id,
        account=account,
        entry_id=entry_id,
        detail=detail,
        payment_id=match.payment_id,
        rule=match.rule.value,
        amount_minor=match.amount_minor,
        currency=match.currency,
        matched_at=now,
    )


def break_row(unit_id: str, account: str, found: Break, now: datetime) -> BreakRow:
    """Return a new break as it is kept; what may change between runs is put in by update_break."""
    entry_id, detail = found.movement or (None, None)
    row = BreakRow(
        id=new_id(),
        unit_id=unit_id,
        account=account,
        break_key=found.key,
        kind=found.kind.value,
        state=BreakState.OPEN.value,
        entry_id=entry_id,
        detail=detail,
        payment_id=found.payment_id,
        occurred_on=found.occurred_on,
        found_at=now,
    )
    update_break(row, found)
    return row


def update_break(row: BreakRow, found: Break) -> None:
    """Write what a later run may say otherwise; equal values leave the row untouched."""
    values = {
        "amount_minor": found.amount_minor,
        "currency": found.currency,
        "difference_minor": found.difference_minor,
        "explanation_vi": found.vi,
        "explanation_en": found.en,
        "proposals": [_proposal_values(proposal) for proposal in found.proposals],
    }
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _proposal_values(proposal: Proposal) -> dict[str, Any]:
    return {
        "kind": proposal.kind.value,
        "payment_ids": list(proposal.payment_ids),
        "movements": [list(movement) for movement in proposal.movements],
    }
