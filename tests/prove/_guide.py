"""A part of `prove drawings`: images/guide as another renderer sees it (Chromium's), against what the kiosk paints."""

import base64
import html
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageStat

from kiosk.ui.pictures import PICTURES
from tests.office.browser import find_chromium, open_browser
from tests.ui import guide_files

#: How far a softened picture may be off on the whole, in levels of 0..255, and how many in ten thousand of its pixels
#: by more than a quarter of all levels. The two renderers soften edges and join lines in their own ways.
MEAN: Final = 2.5
FAR: Final = 64
MOST_FAR: Final = 40
_COLUMNS: Final = 10
_MOVING: Final = re.compile(r"@media \(prefers-reduced-motion.*?\n\}\n", re.DOTALL)
_HIDDEN: Final = re.compile(r"\.at[\d,.at]*\{visibility:hidden\}\n")


def still_of(svg: str, frame: int) -> str:
    """Give the file with one of its drawings alone; for the first, just without the rules of its movement."""
    svg = _MOVING.sub("", svg)
    if frame == 0:
        return svg
    parts = set(re.findall(r'class="at(\d+) ', svg))
    hidden = "".join(f".at{part}{{visibility:hidden}}" for part in sorted(parts) if str(frame) not in part)
    return _HIDDEN.sub("", svg).replace("</style>", f"{hidden}</style>", 1)


def compare() -> list[str]:
    """Let Chromium draw every file, and say what differs from the screen's own drawing. A window must be open."""
    if find_chromium() is None:
        return ["chromium is not installed: ./run prepare test"]
    wanted = [(name, frame) for name, picture in PICTURES.items() for frame in range(picture.frames)]
    seen = dict(zip(wanted, _by_chromium(wanted), strict=True))
    wrong: list[str] = []
    for name in PICTURES:
        for frame, painted in enumerate(guide_files.painted(name, guide_files.SIZE)):
            apart = ImageChops.difference(_soft(painted), _soft(seen[name, frame])).convert("L")
            mean, counts = ImageStat.Stat(apart).mean[0], apart.histogram()
            far = round(10_000 * sum(counts[FAR:]) / sum(counts))
            if mean > MEAN or far > MOST_FAR:
                wrong.append(
                    f"images/guide/{name}.svg, drawing {frame}: off by {mean:.1f}, {far} of 10000 pixels by far"
                )
    print(f"images/guide: {len(wanted)} drawings as Chromium draws them", flush=True)
    return wrong


def _soft(picture: Image.Image) -> Image.Image:
    # The rounded corners of the stage are the screen's own.
    width, height = picture.size
    return picture.crop((12, 12, width - 12, height - 12)).filter(ImageFilter.GaussianBlur(1.5))


def _by_chromium(wanted: list[tuple[str, int]]) -> Iterator[Image.Image]:
    width, height = guide_files.SIZE
    rows = -(-len(wanted) // _COLUMNS)
    pictures = "".join(_tag(name, frame) for name, frame in wanted)
    style = f"body{{margin:0;width:{_COLUMNS * width}px;font-size:0}}img{{width:{width}px;height:{height}px}}"
    with tempfile.TemporaryDirectory() as folder, contextmanager(open_browser)() as browser:
        page = Path(folder) / "guide.html"
        page.write_text(f"<style>{style}</style><body>{pictures}</body>", encoding="utf-8")
        tab = browser.new_page(viewport={"width": _COLUMNS * width, "height": rows * height})
        tab.goto(page.as_uri(), wait_until="load")
        tab.wait_for_function("[...document.images].every(one => one.complete)")
        tab.screenshot(path=page.with_suffix(".png"), full_page=True)
        with Image.open(io.BytesIO(page.with_suffix(".png").read_bytes())) as whole:
            sheet = whole.convert("RGB")
    for place in range(len(wanted)):
        x, y = place % _COLUMNS * width, place // _COLUMNS * height
        yield sheet.crop((x, y, x + width, y + height))


def _tag(name: str, frame: int) -> str:
    svg = still_of((guide_files.GUIDE / f"{name}.svg").read_text(encoding="utf-8"), frame)
    return f'<img alt="{html.escape(name)}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
