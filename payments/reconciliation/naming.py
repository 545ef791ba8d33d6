"""Which of the expected payments a movement names, by reference only: amounts are compared elsewhere."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from payments.reconciliation.model import ExpectedPayment, FindReferences, MatchRule, Movement

# A shorter number stands in free text by chance.
FEWEST_CHARACTERS = 6
_WORD = re.compile(r"[0-9A-Z]+")
_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class Named:
    """What a movement's references and texts say.

    Attributes:
        exact: Payment ids and by what they were recognised.
        mistyped: Payment ids whose reference stands there with one character wrong.
        foreign: References of our making that no expected payment has.
    """

    exact: dict[str, MatchRule]
    mistyped: tuple[str, ...]
    foreign: tuple[str, ...]


class References:
    """The expected payments by what may name them."""

    def __init__(self, expected: Sequence[ExpectedPayment], find_references: FindReferences) -> None:
        self._find_references = find_references
        self._ours: dict[str, list[str]] = defaultdict(list)
        self._providers: dict[str, list[str]] = defaultdict(list)
        self._by_entry = {payment.entry_id: payment.id for payment in expected if payment.entry_id is not None}
        for payment in expected:
            for reference in {_squeezed(each) for each in (payment.our_reference, *payment.other_references)}:
                self._ours[reference].append(payment.id)
            if payment.provider_transaction:
                self._providers[_squeezed(payment.provider_transaction)].append(payment.id)
        numbers = (payment.provider_transaction or "" for payment in expected)
        # A number of several parts may be written apart.
        self._most_parts = max((len(_WORD.findall(number.upper())) for number in numbers), default=1)

    def named_by(self, movement: Movement) -> Named:
        """Return what the movement names: by our checked references, and by whole words equal to a reference.

        What two people say of an entry goes before its text.
        """
        if movement.key[0] in self._by_entry:
            return Named({self._by_entry[movement.key[0]]: MatchRule.OFFICERS}, (), ())
        exact: dict[str, MatchRule] = {}
        for word in self._words(movement):
            for payment_id in self._ours.get(word, ()):
                exact[payment_id] = MatchRule.OUR_REFERENCE
            for payment_id in self._providers.get(word, ()):
                exact.setdefault(payment_id, MatchRule.PROVIDER_TRANSACTION)
        mistyped: dict[str, None] = {}
        foreign: dict[str, None] = {}
        # Banks cut long texts anywhere, so a reference may begin in one and end in the next.
        for text in dict.fromkeys((*movement.references, *movement.texts, "".join(movement.texts))):
            for found in self._find_references(text):
                payment_ids = self._ours.get(_squeezed(found.reference), ())
                if found.exact:
                    exact.update(dict.fromkeys(payment_ids, MatchRule.OUR_REFERENCE))
                    foreign.update({} if payment_ids else {found.reference: None})
                else:
                    mistyped.update(dict.fromkeys(payment_ids))
        return Named(exact, tuple(each for each in mistyped if each not in exact), tuple(foreign))

    def _words(self, movement: Movement) -> Iterable[str]:
        words = {_squeezed(reference) for reference in movement.references}
        for text in movement.texts:
            found = _WORD.findall(text.upper())
            words.update(found)
            for parts in range(2, self._most_parts + 1):
                words.update("".join(found[at : at + parts]) for at in range(len(found) - parts + 1))
        return sorted(word for word in words if len(word) >= FEWEST_CHARACTERS)


def _squeezed(reference: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", reference.upper())
