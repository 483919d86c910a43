"""The map: where the kiosks are, drawn as a plain scheme. Nothing is fetched from anywhere; no web, no SQL.

Who lie too close together to be told apart are one mark with their number; a closer look takes them apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, log10, radians
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup, escape

from kiosk.office.fleet import STATES, Standing
from kiosk.office.marks import SHAPES
from kiosk.office.snapshot import Snapshot
from kiosk.office.wording import Words

WIDTH: Final = 720
_EDGE: Final = 46
_TALLEST: Final = 640
_SHORTEST: Final = 360
_CELL: Final = 46
_CLOSER: Final = 3
_CLOSEST: Final = 6561
#: A degree of latitude, in km.
_DEGREE_KM: Final = 111.2
#: Half a village: a single kiosk fills no map.
_LEAST_DEGREES: Final = 0.02
#: One place for all purposes of a map of a province: some ten metres.
_SAME_PLACE: Final = 1e-4
_WITHOUT: Final = 40
#: Which state lies above which, and is told first.
_WORST: Final = ("silent", "revoked", "off", "never", "sleeping", "online")


@dataclass(frozen=True, slots=True)
class MapLook:
    """How somebody looks at the map: around which place (degrees), and how many times closer than the whole."""

    lat: float | None = None
    lon: float | None = None
    closer: int = 1

    def query(self, words: Words) -> str:
        """The same look as a query string, with the language."""
        wishes: dict[str, object] = {"lang": words.language}
        if self.lat is not None and self.lon is not None and self.closer > 1:
            wishes |= {"lat": f"{self.lat:.5f}", "lon": f"{self.lon:.5f}", "closer": self.closer}
        return "?" + urlencode(wishes)


def map_look(lat: str, lon: str, closer: str) -> MapLook:
    """The look that is asked for; the whole map for what makes no sense."""
    try:
        look = MapLook(float(lat), float(lon), int(closer))
    except ValueError:
        return MapLook()
    sound = abs(look.lat or 0) <= 90 and abs(look.lon or 0) <= 180 and 1 < look.closer <= _CLOSEST
    return look if sound else MapLook()


@dataclass(frozen=True, slots=True)
class MapView:
    """The map as SVG (None: no kiosk has a place), the legend, and the kiosks without a place."""

    picture: Markup | None
    legend: tuple[tuple[str, str, int], ...]
    whole: str
    without: tuple[str, ...]
    without_n: int
    as_of: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """From degrees to the drawing."""

    west: float
    north: float
    scale: float
    stretch: float
    height: float

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        return _EDGE + (lon - self.west) * self.stretch * self.scale, _EDGE + (self.north - lat) * self.scale

    @property
    def south(self) -> float:
        return self.north - (self.height - 2 * _EDGE) / self.scale

    @property
    def east(self) -> float:
        return self.west + (WIDTH - 2 * _EDGE) / self.stretch / self.scale


@dataclass(frozen=True, slots=True)
class _Placed:
    """A kiosk with its place in degrees and on the drawing."""

    one: Standing
    lat: float
    lon: float
    x: float
    y: float


def map_view(snapshot: Snapshot, words: Words, standings: Sequence[Standing], look: MapLook) -> MapView:
    """Draw the registered kiosks that have a place."""
    placed = [(one, one.entry.place) for one in standings if one.entry.place is not None]
    without = [one.entry.kiosk for one in standings if one.entry.place is None]
    states = Counter(one.state for one, _ in placed)
    return MapView(
        picture=_picture(snapshot, words, [(one, *place) for one, place in placed if place is not None], look),
        legend=tuple((state, words(f"state.{state}"), states[state]) for state in STATES if states[state]),
        whole=MapLook().query(words) if look.closer > 1 else "",
        without=tuple(without[:_WITHOUT]),
        without_n=len(without),
        as_of=words("page.as_of", time=words.clock(snapshot.now, snapshot.now)),
    )


def _picture(
    snapshot: Snapshot, words: Words, places: Sequence[tuple[Standing, float, float]], look: MapLook
) -> Markup | None:
    if not places:
        return None
    frame = _frame([(lat, lon) for _, lat, lon in places], look)
    placed = [_Placed(one, lat, lon, *frame.at(lat, lon)) for one, lat, lon in places]
    inside = [spot for spot in placed if 0 <= spot.x <= WIDTH and 0 <= spot.y <= frame.height]
    about = words("map.about", n=len(inside), all=len(places))
    inner = "".join(
        (*_lines(words, frame), *_marks(words, inside, look), *_names(snapshot, inside), *_scale(words, frame))
    )
    return Markup(  # noqa: S704 - made of numbers and escaped texts
        f'<svg class="map" viewBox="0 0 {WIDTH} {frame.height:.0f}" role="group" aria-label="{escape(about)}">'
        f'<rect class="ground" width="{WIDTH}" height="{frame.height:.0f}"/>{inner}</svg>'
    )


def _frame(places: Sequence[tuple[float, float]], look: MapLook) -> _Frame:
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    middle_lat, middle_lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    stretch = max(0.05, cos(radians(middle_lat)))
    tall = max(max(lats) - min(lats), _LEAST_DEGREES)
    wide = max((max(lons) - min(lons)) * stretch, _LEAST_DEGREES)
    room = WIDTH - 2 * _EDGE
    height = min(_TALLEST, max(_SHORTEST, tall * room / wide + 2 * _EDGE))
    scale = min(room / wide, (height - 2 * _EDGE) / tall)
    if look.closer > 1 and look.lat is not None and look.lon is not None:
        middle_lat, middle_lon, scale = look.lat, look.lon, scale * look.closer
    return _Frame(
        west=middle_lon - room / 2 / stretch / scale,
        north=middle_lat + (height - 2 * _EDGE) / 2 / scale,
        scale=scale,
        stretch=stretch,
        height=height,
    )


def _lines(words: Words, frame: _Frame) -> Iterator[str]:
    """Lines of latitude and longitude, so that a place can be told by its numbers."""
    step = _round_number((frame.north - frame.south) / 3)
    digits = max(0, -floor(log10(step) + 1e-9))
    for n in range(ceil(frame.south / step), floor(frame.north / step) + 1):
        y = frame.at(n * step, frame.west)[1]
        yield f'<path class="grid" d="M0 {y:.1f}H{WIDTH}"/><text class="degree" x="4" y="{y - 4:.1f}">'
        yield f"{words.number(n * step, digits)}°</text>"
    for n in range(ceil(frame.west / step), floor(frame.east / step) + 1):
        x = frame.at(frame.north, n * step)[0]
        yield f'<path class="grid" d="M{x:.1f} 0V{frame.height:.0f}"/><text class="degree" x="{x + 4:.1f}" y="12">'
        yield f"{words.number(n * step, digits)}°</text>"


def _names(snapshot: Snapshot, inside: Sequence[_Placed]) -> Iterator[str]:
    """The communes' names, the one with most kiosks first; a name that would lie over another one is left out."""
    communes: dict[str, list[_Placed]] = defaultdict(list)
    for spot in inside:
        communes[spot.one.entry.commune].append(spot)
    marks = [(spot.x, spot.y, 16.0) for spot in inside]
    taken: list[tuple[float, float, float]] = []
    for code, spots in sorted(communes.items(), key=lambda one: (-len(one[1]), one[0])):
        name = snapshot.registry.communes.get(code, code)
        half = 4.2 * len(name)
        x = min(WIDTH - half, max(half, sum(spot.x for spot in spots) / len(spots)))
        above, below = max(14.0, min(spot.y for spot in spots) - 20), max(spot.y for spot in spots) + 32
        free = [y for y in (above, below) if not _lies_over((x, y - 5, half), taken)]
        if not free:
            continue
        y = next((y for y in free if not _lies_over((x, y - 5, half), marks)), free[0])
        taken.append((x, y - 5, half))
        yield f'<text class="name" x="{x:.1f}" y="{y:.1f}">{escape(name)}</text>'


def _lies_over(text: tuple[float, float, float], others: Sequence[tuple[float, float, float]]) -> bool:
    """Whether a text (its middle, half its width) lies over one of ``others``, which are as wide and as high."""
    x, y, half = text
    return any(abs(x - other_x) < half + wide and abs(y - other_y) < 20 for other_x, other_y, wide in others)


def _marks(words: Words, inside: Sequence[_Placed], look: MapLook) -> Iterator[str]:
    cells: dict[tuple[int, int], list[_Placed]] = defaultdict(list)
    for spot in inside:
        cells[int(spot.x // _CELL), int(spot.y // _CELL)].append(spot)
    # What needs a hand is drawn last, over everything else.
    for spots in sorted(cells.values(), key=lambda spots: -_WORST.index(_worst(spots))):
        yield _one(words, spots[0]) if len(spots) == 1 else _many(words, spots, look)


def _one(words: Words, spot: _Placed) -> str:
    kiosk, state = spot.one.entry.kiosk, spot.one.state
    said = f"{kiosk}: {words(f'state.{state}')}"
    return (
        f'<a href="/kiosks/{escape(kiosk)}?lang={words.language}" aria-label="{escape(said)}"><title>{escape(said)}'
        f'</title><g class="mark-{state}" transform="translate({spot.x:.1f} {spot.y:.1f})">'
        f'<g class="size"><circle class="touch" r="16"/><g class="halo" transform="scale(1.4)">{SHAPES[state]}</g>'
        "</g></g></a>"
    )


def _many(words: Words, spots: Sequence[_Placed], look: MapLook) -> str:
    count, worst = len(spots), _worst(spots)
    lat, lon = sum(spot.lat for spot in spots) / count, sum(spot.lon for spot in spots) / count
    x, y = sum(spot.x for spot in spots) / count, sum(spot.y for spot in spots) / count
    states = Counter(spot.one.state for spot in spots)
    parts = ", ".join(f"{states[state]} {words(f'state.{state}').casefold()}" for state in _WORST if states[state])
    said = words("map.many", n=count, parts=parts)
    apart = max(max(abs(spot.lat - lat), abs(spot.lon - lon)) for spot in spots) > _SAME_PLACE
    if apart and look.closer * _CLOSER <= _CLOSEST:
        target = "/map" + MapLook(lat, lon, look.closer * _CLOSER).query(words)
    else:
        target = "/?" + urlencode({"lang": words.language, "find": spots[0].one.entry.commune}) + "#kiosks"
    size = 13 + 4 * log10(count)
    return (
        f'<a href="{escape(target)}" aria-label="{escape(said)}"><title>{escape(said)}</title>'
        f'<g class="many mark-{worst}" transform="translate({x:.1f} {y:.1f})"><g class="size">'
        f'<circle class="body" r="{size:.1f}"/>'
        f'<text y="4.5">{count}</text><g class="halo" transform="translate({size * 0.75:.1f} {-size * 0.75:.1f})">'
        f"{SHAPES[worst]}</g></g></g></a>"
    )


def _worst(spots: Sequence[_Placed]) -> str:
    """What a mark for many shows: that one of them is silent, or what most of them are."""
    states = Counter(spot.one.state for spot in spots)
    return "silent" if states["silent"] else max(_WORST, key=lambda state: states[state])


def _scale(words: Words, frame: _Frame) -> Iterator[str]:
    """A bar of round kilometres, and where north is."""
    km = _round_number(120 / frame.scale * _DEGREE_KM)
    long = km / _DEGREE_KM * frame.scale
    y = frame.height - 14
    digits = max(0, -floor(log10(km) + 1e-9))
    yield f'<path class="bar" d="M14 {y - 5:.0f}v5h{long:.1f}v-5"/>'
    yield f'<text class="degree" x="{20 + long:.1f}" y="{y:.0f}">{words.number(km, digits)} km</text>'
    yield f'<path class="north" d="M{WIDTH - 22} {y:.0f}v-22m-5 7l5-8l5 8"/>'
    yield f'<text class="degree" x="{WIDTH - 12}" y="{y:.0f}">{escape(words("map.north"))}</text>'


def _round_number(about: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above ``about``."""
    power = 10.0 ** floor(log10(about))
    return next(factor * power for factor in (5, 2, 1) if factor * power <= about * (1 + 1e-9))
