"""The drawn code holds exactly the modules that the payload has."""

import io
import re
from typing import Any

import segno
from flask.testing import FlaskClient
from lxml import html
from PIL import Image

from gateway.web import samples
from gateway.web.qr import QUIET_ZONE_MODULES, qr_svg

assert samples.PAY.transfer is not None
PAYLOAD = samples.PAY.transfer.qr_text


def modules(text: str) -> set[tuple[int, int]]:
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    return {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


def test_the_svg_draws_every_dark_module_and_no_other() -> None:
    picture: Any = html.fromstring(str(qr_svg(PAYLOAD, "nhãn")))
    drawn = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", picture.xpath("path[2]/@d")[0]):
        drawn |= {(int(x) + step, int(y)) for step in range(int(width))}
    assert drawn == modules(PAYLOAD)


def test_the_svg_keeps_a_light_quiet_zone_and_says_what_it_is() -> None:
    picture: Any = html.fromstring(str(qr_svg(PAYLOAD, 'a "label"')))
    left, top, width, height = (int(part) for part in picture.get("viewbox").split())
    side = max(x for x, _ in modules(PAYLOAD)) + 1
    assert (left, top, width, height) == (-4, -4, side + 8, side + 8)
    assert picture.xpath("path[1]/@fill") == ["#fff"]
    assert picture.get("aria-label") == 'a "label"'


def test_the_picture_for_the_gallery_shows_the_same_modules(client: FlaskClient) -> None:
    answer = client.get("/pay/waiting/qr.png")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    picture = Image.open(io.BytesIO(answer.data)).convert("L")
    scale = 12
    dark = {
        (x, y)
        for x in range(picture.width // scale - 2 * QUIET_ZONE_MODULES)
        for y in range(picture.height // scale - 2 * QUIET_ZONE_MODULES)
        if picture.getpixel(((x + QUIET_ZONE_MODULES) * scale + 6, (y + QUIET_ZONE_MODULES) * scale + 6)) == 0
    }
    assert dark == modules(PAYLOAD)
    assert client.get("/pay/paid/qr.png").status_code == 404
