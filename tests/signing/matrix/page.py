"""Writes the table of docs/formats.md: `python -m tests.signing.matrix.page`."""

from pathlib import Path

from tests.signing.matrix.cells import CELLS, Cell

START, END = "<!-- table of tests/signing/matrix/cells.py -->", "<!-- end of the table -->"
PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
HEAD = "| format | packaging | level | keys | key source | checked with, besides our own validation |"


def table() -> str:
    """Return one row for each format, packaging and level."""
    rows: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in CELLS:
        rows.setdefault((cell.format, cell.packaging, cell.level), []).append(cell)
    return "\n".join([HEAD, "| --- " * 6 + "|", *(_row(*key, cells) for key, cells in rows.items())])


def _row(format_name: str, packaging: str, level: str, cells: list[Cell]) -> str:
    keys, sources, judges = (
        ", ".join(dict.fromkeys(values))
        for values in (
            [cell.key for cell in cells],
            [cell.source for cell in cells],
            [judge for cell in cells for judge in cell.judges],
        )
    )
    return f"| {format_name} | {packaging} | {level} | {keys} | {sources} | {judges} |"


def main() -> None:
    """Put the table into the page, between its two marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    PAGE.write_text(f"{before}{START}\n{table()}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
