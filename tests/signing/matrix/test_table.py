"""The table itself: every pair that there is stands in it, nothing that there is not, and docs/formats.md tells it."""

from itertools import product
from pathlib import Path

import pytest

from tests.signing.matrix.cells import CANNOT, CELLS, KEYS, PACKAGINGS, SOURCES, levels_of
from tests.signing.matrix.judges import JUDGES
from tests.signing.matrix.page import END, START, table

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"


def pairs_wanted() -> dict[str, set[tuple[str, str]]]:
    return {
        "format key": set(product(PACKAGINGS, KEYS)),
        "format source": set(product(PACKAGINGS, SOURCES)),
        "key source": set(product(KEYS, SOURCES)),
        "level key": set(product(levels_of("pades"), KEYS)),
        "level source": set(product(levels_of("pades"), SOURCES)),
    }


@pytest.mark.parametrize(("names", "wanted"), pairs_wanted().items())
def test_every_pair_has_a_line(names: str, wanted: set[tuple[str, str]]) -> None:
    one, other = names.split()

    assert wanted - {(getattr(cell, one), getattr(cell, other)) for cell in CELLS} == set()


def test_every_packaging_has_a_line_at_each_of_its_levels_and_none_above() -> None:
    packagings = [(name, packaging) for name, all_of in PACKAGINGS.items() for packaging in all_of]
    wanted = {(*both, level) for both in packagings for level in levels_of(*both)}

    assert {(cell.format, cell.packaging, cell.level) for cell in CELLS} == wanted


def test_no_line_is_there_twice_and_each_has_a_judge_that_can_judge_it() -> None:
    assert len(set(CELLS)) == len(CELLS)
    for cell in CELLS:
        # A file that passes unzip or qpdf is a sound file, not yet a good signature.
        assert set(cell.judges) - {"unzip", "qpdf"}, cell
        assert set(cell.judges) <= set(JUDGES), cell
        own = not {"parallel", "counter"} & {cell.packaging}
        assert not own or not [name for name in cell.judges if cell.key in CANNOT.get(name, ())], cell


def test_the_page_shows_the_table_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert text.partition(START)[2].partition(END)[0] == f"\n{table()}\n", "run python -m tests.signing.matrix.page"
