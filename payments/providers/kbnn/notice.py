"""A treasury's notice as the operator's file maps it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

from payments.errors import ProviderDescriptionUnusable
from payments.local_time import HANOI, parse_compact_local
from payments.model import CHAPTER, SUB_ITEM, BankTransfer, NothingToSettle
from payments.money import VND
from payments.providers.described.part import Part
from payments.providers.json_fields import account_number, bank_reference, notice_number
from payments.providers.notices import credit_of

_WHOLE = re.compile(r"([0-9]{1,15})(?:\.0{1,5})?")
MOST_LINES = 200


class Lines(Part):
    """Where a notice's lines stand, and what stands in each."""

    list: str
    chapter: str
    sub_item: str
    amount: str


class NoticeMap(Part):
    """Which field of a notice says what; see notice.toml."""

    number: str
    bank_reference: str | None = None
    account: str
    amount: str
    currency: str | None = None
    booked_at: str
    texts: tuple[str, ...] = Field(min_length=1)
    incoming: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    lines: Lines | None = None


def load_notice_map(path: Path) -> NoticeMap:
    """Return the mapping in a file.

    Raises:
        ProviderDescriptionUnusable: Names the file and every fault in it.
    """
    try:
        return NoticeMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ProviderDescriptionUnusable(f"cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProviderDescriptionUnusable(f"{path} is not valid TOML: {error}") from None
    except ValidationError as error:
        lines = (f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ProviderDescriptionUnusable("\n".join(lines)) from None


def read_notice(fields: Mapping[str, str], told_by: NoticeMap, provider: str) -> BankTransfer | NothingToSettle:
    """Say whose transfer a proved notice tells of.

    Raises:
        ValueError, KeyError: A field that we need is missing or malformed, or the lines are not the amount.
    """
    if any(fields.get(name, "") not in values for name, values in told_by.incoming.items()):
        return NothingToSettle(f"{provider}: no money came in")
    if told_by.currency is not None and fields[told_by.currency] != VND:
        raise ValueError("another currency than VND")
    amount = _dong(fields[told_by.amount])
    _check_lines(fields, told_by.lines, amount)
    return credit_of(
        provider=provider,
        notice=notice_number(fields[told_by.number]),
        bank_reference=bank_reference(fields.get(told_by.bank_reference or "", "")),
        amount_minor=amount,
        accounts=(account_number(fields[told_by.account]), ""),
        texts=tuple(fields.get(name, "") for name in told_by.texts),
        received_at=_moment(fields[told_by.booked_at]),
    )


def _check_lines(fields: Mapping[str, str], lines: Lines | None, amount: int) -> None:
    if lines is None:
        return
    total = 0
    for place in _places(fields, lines):
        if not CHAPTER.fullmatch(fields[f"{place}.{lines.chapter}"]):
            raise ValueError("a chapter is three digits")
        if not SUB_ITEM.fullmatch(fields[f"{place}.{lines.sub_item}"]):
            raise ValueError("a sub-item is four digits")
        total += _dong(fields[f"{place}.{lines.amount}"])
    if total != amount:
        raise ValueError("the lines do not add up to the amount")


def _places(fields: Mapping[str, str], lines: Lines) -> Iterator[str]:
    for number in range(MOST_LINES):
        place = f"{lines.list}.{number}"
        if not any(name.startswith(f"{place}.") for name in fields):
            return
        yield place


def _dong(text: str) -> int:
    found = _WHOLE.fullmatch(text)
    if not found or not int(found[1]):
        raise ValueError("an amount is not whole, positive dong")
    return int(found[1])


def _moment(text: str) -> datetime:
    if len(text) == 14 and text.isdigit():
        return parse_compact_local(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=HANOI)).astimezone(UTC)
