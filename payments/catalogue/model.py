"""Entries of the catalogue and reductions, as plain frozen values that are sound or cannot be made."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from payments.catalogue.formulas import Formula
from payments.errors import FeeCatalogueUnsound
from payments.model import CHAPTER, SUB_ITEM, FeeKind
from payments.money import Money

CODE: Final = re.compile(r"[A-Za-z0-9._/-]{1,60}")
ALL_PERCENT: Final = 100


@dataclass(frozen=True)
class CatalogueEntry:
    """One fee of one procedure in one period; valid_until is the first day on which it holds no more."""

    procedure_code: str
    fee_code: str
    kind: FeeKind
    name: str
    chapter: str
    sub_item: str
    credited_unit: str
    formula: Formula
    legal_basis: str
    valid_from: date
    valid_until: date | None = None

    def __post_init__(self) -> None:
        _check_code("procedure_code", self.procedure_code)
        _check_code("fee_code", self.fee_code)
        if not CHAPTER.fullmatch(self.chapter) or not SUB_ITEM.fullmatch(self.sub_item):
            raise FeeCatalogueUnsound("a chapter is three digits, a sub-item four")
        if not self.name.strip() or not self.legal_basis.strip():
            raise FeeCatalogueUnsound("a fee has a name and a legal basis")
        _check_period(self.valid_from, self.valid_until)


@dataclass(frozen=True)
class Reduction:
    """An exemption or reduction on its legal ground.

    Attributes:
        procedure_code, fee_code: For which fees it is; empty for all.
        percent: What part is let off, 100 for an exemption. amount_minor: Or how much, at most the fee itself.
    """

    code: str
    legal_ground: str
    valid_from: date
    valid_until: date | None = None
    percent: int | None = None
    amount_minor: int | None = None
    procedure_code: str = ""
    fee_code: str = ""

    def __post_init__(self) -> None:
        _check_code("code", self.code)
        for name in ("procedure_code", "fee_code"):
            if getattr(self, name):
                _check_code(name, getattr(self, name))
        if not self.legal_ground.strip():
            raise FeeCatalogueUnsound("a reduction names its legal ground")
        if (self.percent is None) == (self.amount_minor is None):
            raise FeeCatalogueUnsound("a reduction is a percentage or an amount, one of them")
        if self.percent is not None and not 0 < self.percent <= ALL_PERCENT:
            raise FeeCatalogueUnsound("a percentage is from 1 to 100")
        if self.amount_minor is not None and self.amount_minor <= 0:
            raise FeeCatalogueUnsound("an amount let off is above zero")
        _check_period(self.valid_from, self.valid_until)

    def applies_to(self, procedure_code: str, fee_code: str) -> bool:
        """Whether it is for this fee."""
        return self.procedure_code in ("", procedure_code) and self.fee_code in ("", fee_code)

    def left_of(self, full: Money) -> Money:
        """Return what is owed of a fee; of a percentage that is no whole dong, the fraction is let off."""
        if self.percent is not None:
            return Money(full.amount_minor * (ALL_PERCENT - self.percent) // ALL_PERCENT, full.currency)
        return Money(max(0, full.amount_minor - (self.amount_minor or 0)), full.currency)


def _check_code(name: str, code: str) -> None:
    if not CODE.fullmatch(code):
        raise FeeCatalogueUnsound(f"{name} {code!r} is not 1 to 60 letters, digits, dots, dashes and slashes")


def _check_period(valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until <= valid_from:
        raise FeeCatalogueUnsound("valid_until is the first day on which it holds no more, after valid_from")
