"""What makes two entries the same entry when statements overlap or are sent again."""

from collections import Counter

from payments.statements.model import Entry, Statement


def entry_keys(statement: Statement) -> tuple[str, ...]:
    """Return one key for each booked entry, unique within its account.

    By the bank's reference where there is one: with amount, day and direction, because banks give a reversal the
    reference of what it reverses, and with a count, because two equal entries of one statement are two. Without a
    reference by statement and position.
    """
    seen: Counter[str] = Counter()
    keys = []
    for entry in statement.booked:
        key = _reference_key(entry) if entry.bank_reference else _position_key(statement, entry)
        seen[key] += 1
        keys.append(f"{key}:{seen[key]}")
    return tuple(keys)


def _reference_key(entry: Entry) -> str:
    direction = "reversal" if entry.reversal else "entry"
    return f"ref:{entry.bank_reference}:{entry.booking_date}:{entry.amount_minor}:{entry.currency}:{direction}"


def _position_key(statement: Statement, entry: Entry) -> str:
    # Some banks number every statement alike, so its last day belongs to its name.
    closing = statement.find_closing()
    day = closing.day if closing else statement.period_to
    return f"pos:{statement.identification}:{statement.sequence_number}:{day}:{statement.page}:{entry.position}"
