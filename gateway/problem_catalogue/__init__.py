"""Every problem the API can answer: its status, and in both languages what it is and what to do about it.

One TOML file for each area, one table for each code; a test holds every error of ours against it.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One kind of refusal or fault (RFC 9457): title says what it is, advice what the caller can do."""

    status: int
    title_vi: str
    title_en: str
    advice_vi: str
    advice_en: str
    retry_after_seconds: int | None = None


def _load(folder: Path) -> dict[str, Problem]:
    problems: dict[str, Problem] = {}
    for path in sorted(folder.glob("*.toml")):
        for code, values in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if code in problems:
                raise ValueError(f"{path.name}: the problem {code} is described twice")
            problems[code] = Problem(**values)
    return problems


PROBLEMS = _load(Path(__file__).parent)
UNEXPECTED = PROBLEMS["unexpected"]
HTTP_CODES = {
    400: "request-malformed",
    401: "token-missing",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "document-too-large",
    415: "media-type-not-supported",
    429: "too-many-requests",
}
