"""Places in the bytes: whatever is put in, the bytes around it stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.formats.xml.parsing import parse_xml
from signing.formats.xml.positions import place_at_end, place_behind, splice

CASES = [
    (b"<a/>", b"<a>X</a>", b"<a/>X"),
    (b'<a  b="/>"  />', b'<a  b="/>"  >X</a>', None),
    (b"<a></a>", b"<a>X</a>", None),
    (b"<a>t</a >", b"<a>tX</a >", None),
    (b'\xef\xbb\xbf<?xml version="1.0"?><!-- <a> --><p:a xmlns:p="u">\r\n</p:a>\n', None, None),
    ('<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>'.encode("latin-1"), None, None),
    ('<?xml version="1.0" encoding="windows-1252"?><a>\u201c</a>'.encode("cp1252"), None, None),
]


@pytest.mark.parametrize(("data", "inside", "_behind"), CASES)
def test_what_is_put_at_the_end_of_the_root_is_its_last_child(data, inside, _behind):
    place = place_at_end(data, parse_xml(data))
    made = splice(data, [place.insertion(b"<X/>")])

    assert parse_xml(made)[-1].tag == "X"
    if inside is not None:
        assert made == inside.replace(b"X", b"<X/>")
    assert made.replace(place.before + b"<X/>" + place.after, data[place.start : place.end], 1) == data


@given(
    st.lists(
        st.sampled_from(["<b>", "</b>", "<c x='>'/>", "tê", "<!-- > -->", "<?p >?>", "<![CDATA[<b>]]>"]), max_size=12
    )
)
def test_every_element_of_any_file_is_found_in_its_bytes(parts):
    depth, text = 0, "<a>"
    for part in parts:
        if part == "</b>" and depth == 0:
            continue
        depth += {"<b>": 1, "</b>": -1}.get(part, 0)
        text += part
    data = (text + "</b>" * depth + "</a>").encode()
    root = parse_xml(data)

    for number, element in enumerate(root.iter("a", "b", "c")):
        made = parse_xml(splice(data, [place_at_end(data, element).insertion(b"<X/>")]))
        assert list(made.iter("a", "b", "c"))[number][-1].tag == "X"
        if element is not root:
            behind = parse_xml(splice(data, [place_behind(data, element).insertion(b"<X/>")]))
            assert list(behind.iter("a", "b", "c"))[number].getnext().tag == "X"
