"""The strict grammar of objects as one regular expression, because the expression's engine reads faster than we do.

Brackets nest as deep as plain files nest them; names are printable, and there are no comments. Anything else does not
match, which is a doubt and no refusal. Source: ISO 32000-2:2020, 7.2 and 7.3.
"""

import re
from functools import lru_cache

DEPTH = 4
_WS = rb"[\t\n\x0c\r ]"
_END = rb"(?=[\t\n\x0c\r <>\[\](/])"
_NAME = rb"/(?:[!-\"$&'*-.0-;=?-Z\\^-z|~]++|#[0-9A-Fa-f]{2})*+" + _END
_NUMBER = rb"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)" + _END
_REFERENCE = rb"\d{1,10}%b++\d{1,5}%b++R%b" % (_WS, _WS, _END)
_WORD = rb"(?:true|false|null)" + _END
_HEX = rb"<[0-9A-Fa-f\t\n\x0c\r ]*+>"
_INNER = rb"\((?:[^()\\]++|\\.)*+\)"
_STRING = rb"\((?:[^()\\]++|\\.|%b)*+\)" % _INNER
_ATOM = rb"(?:%b)" % b"|".join((_NAME, _REFERENCE, _NUMBER, _STRING, _HEX, _WORD))


def _value(depth: int) -> bytes:
    if depth == 0:
        return _ATOM
    inner = _value(depth - 1)
    array = rb"\[(?:%b*+%b)*+%b*+\]" % (_WS, inner, _WS)
    dictionary = rb"<<(?:%b*+%b%b*+%b)*+%b*+>>" % (_WS, _NAME, _WS, inner, _WS)
    return rb"(?:%b|%b|%b)" % (_ATOM, dictionary, array)


@lru_cache(maxsize=1)
def object_pattern() -> re.Pattern[bytes]:
    """Return the pattern of an indirect object: number, generation, and the word behind its value."""
    return re.compile(
        rb"(\d{1,10}) (\d{1,5}) obj(?=[\t\n\x0c\r <\[(/])%b*+%b%b*+(endobj(?=%b)|stream\r?\n)"
        % (_WS, _value(DEPTH), _WS, _WS),
        re.DOTALL,
    )


@lru_cache(maxsize=1)
def member_pattern() -> re.Pattern[bytes]:
    """Return the pattern of a member of an object stream up to its end; a blank is added behind the last one."""
    return re.compile(rb"%b*+%b%b*+" % (_WS, _value(DEPTH), _WS), re.DOTALL)
