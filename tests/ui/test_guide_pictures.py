"""The guide pictures: loops right in every drawing, hands that are never confused, files that are up to date."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from PIL import Image

from kiosk.domain.capture_plan import Finger
from kiosk.ui.measure import Rect
from kiosk.ui.pen import Pen
from kiosk.ui.pictures import FRAME_S, PICTURES, Moment
from kiosk.ui.pictures.inks import SKIN, YELLOW
from kiosk.ui.settings import SMALL_PANEL, DisplaySettings
from kiosk.ui.shapes import Point
from tests.journey.script import CATALOGUES
from tests.ui.guide_files import GUIDE, SOURCE, digest, svgs
from tests.ui.journeys import view_of
from tests.ui.screen_stage import Screen, wait_until

#: Where nothing is to be done but to read and to wait.
STILL: Final = {"curtain", "declined", "full", "locked", "message", "trouble"}
#: The stage around the 120 x 100 units, in units.
MARGIN: Final = 4.3
NAMES: Final = ("thumb", "index", "middle", "ring", "little")


@dataclass
class Recorder:
    """A paper that only remembers, in the pen's own units."""

    strokes: list[tuple[str, tuple[Point, ...]]] = field(default_factory=list[tuple[str, tuple[Point, ...]]])

    def fill(self, points: Sequence[Point], colour: str, *, grow: float = 0.0, convex: bool = False) -> None:
        del grow, convex
        self.strokes.append((colour, tuple(points)))

    def stroke(self, points: Sequence[Point], colour: str, width: float, *, closed: bool) -> None:
        del width, closed
        self.strokes.append((colour, tuple(points)))

    def disc(self, middle: Point, radius: float, colour: str, outline: str | None, width: float) -> None:
        del outline, width
        x, y = middle
        self.strokes.append((colour, ((x - radius, y), (x + radius, y), (x, y - radius), (x, y + radius))))


def drawn(name: str, moment: Moment) -> list[tuple[str, tuple[Point, ...]]]:
    paper = Recorder()
    PICTURES[name].draw(Pen.inside(paper, Rect(0, 0, 120, 100)), moment)
    return paper.strokes


def test_every_step_and_remedy_is_a_loop_of_two_or_three_drawings_that_differ() -> None:
    assert {name for name, picture in PICTURES.items() if picture.frames == 1} == STILL
    for name, picture in PICTURES.items():
        assert picture.frames <= 3, name
        for one, other in itertools.combinations(range(picture.frames), 2):
            a, b = (drawn(name, Moment(frame, Finger.LEFT_RING)) for frame in (one, other))
            assert a != b, f"{name}: drawings {one} and {other} are the same"


#: Screens that show the same picture, because the same is to be done, or the same is seen, at each of them.
SHARED: Final[tuple[set[str], ...]] = (
    # A card is laid on the tray, whoever's it is.
    {"document", "document.lifted", "signin.card", "handover", "represent.paper"},
    {"document.reading", "signin.reading"},
    # The officer's own number opens the kiosk, or a list once more.
    {"signin", "officer.pin", "officer.pin.act"},
    # Nobody sees what lies behind it, whoever lifts it.
    {"curtain", "curtain.officer"},
    # Whether somebody is still there, and whether it is still they.
    {"idle", "curtain.still"},
    {"document.number", "signin.number"},
    # A card, or what is known, and whether it is this citizen's.
    {
        *("identity", "paused.who", "paused.face", "officer.face", "officer.face.again"),
        *(f"handover.{end}" for end in ("works", "differs", "out_of_time", "unknown")),
    },
    # The same is agreed to.
    {"consent", "represent.consent", "paused.consent"},
    # Lists of the officer's, which show no picture where there are many rows.
    {"help", "menu", "menu.address", "menu.senses"},
    {
        *("mark.witness", "represent.form", "roster.find", "roster.pick"),
        *(f"edit.{one}" for one in ("identity", "home", "relatives", "phone")),
    },
    {"fix", "mark.reason"},
    {"relatives", "represent.why", "represent.relation"},
    # What was begun goes on.
    {"resume", "paused", "paused.one", "paused.same"},
    # It is put away under seal: whole, or until another day.
    {"sealing", "pausing", "menu.pause"},
    # The officer hands back what is theirs.
    {"farewell", "paused.parted"},
    # The paper of what was told is looked through.
    {"review", "review.represented", "officer.settle"},
    # Hands are made ready, at whatever visit.
    {"hands", "visit"},
    # The camera looks, and the photo is looked at.
    {"portrait.look", "portrait.menu"},
    {"portrait.review", "officer.portrait"},
    # The mark in place of a signature is the right index finger's.
    {"print.right_index", "mark.print"},
)


def shown_by() -> dict[str, set[str]]:
    """Every drawing that the catalogue's screens name, with those screens."""
    found: dict[str, set[str]] = {}
    for key in CATALOGUES["vi"].screen_keys:
        values = dict.fromkeys(CATALOGUES["vi"].screen_placeholders(key), "…")
        found.setdefault(CATALOGUES["vi"].screen(key, **values).picture, set()).add(key)
    return found


def test_every_drawing_is_shown_somewhere() -> None:
    # The page for letters and hand belongs to no screen of the journey.
    assert set(PICTURES) - set(shown_by()) == {"looks"}


def test_no_two_screens_that_mean_different_things_share_a_drawing() -> None:
    for picture, screens in shown_by().items():
        for one, other in itertools.combinations(sorted(screens), 2):
            assert any({one, other} <= shared for shared in SHARED), f"{one} and {other} both show {picture}"
    assert all(any(shared <= screens for screens in shown_by().values()) for shared in SHARED), "not shared any more"


def test_no_drawing_has_two_names_but_that_of_the_ten_fingers() -> None:
    names: dict[int, set[str]] = {}
    for name, picture in PICTURES.items():
        names.setdefault(id(picture.draw), set()).add(name)
    fingers = {f"print.{finger.value}" for finger in Finger}
    assert [same for same in names.values() if len(same) > 1] == [fingers | {"print.same"}]


@pytest.mark.parametrize("side", ["left", "right"])
def test_in_every_drawing_the_asked_finger_is_lit_on_its_own_hand_and_thumbs_point_inwards(side: str) -> None:
    for frame in range(PICTURES["print.right_thumb"].frames):
        tips: list[float] = []
        for name in NAMES:
            finger = Finger(f"{side}_{name}")
            strokes = drawn(f"print.{finger.value}", Moment(frame, finger))
            lit = [points for colour, points in strokes if colour == YELLOW]
            top_x = max(lit[-1], key=lambda point: point[1])[0]
            skin = [x for colour, points in strokes if colour == SKIN for x, _ in points]
            halves = {"left" if x < 60 else "right" for x in (top_x, *skin)}
            assert halves == {side}, f"{finger}, drawing {frame}: the lit hand is not on its own side"
            tips.append(top_x)
        outwards = sorted(tips, reverse=side == "left")
        assert tips == outwards, f"{side} hand, drawing {frame}: from thumb to little finger the tips lie at {tips}"


def test_no_arrow_of_a_print_is_cut_at_the_edge_of_its_stage() -> None:
    for finger in Finger:
        for frame in range(PICTURES[f"print.{finger.value}"].frames):
            places = [point for _, points in drawn(f"print.{finger.value}", Moment(frame, finger)) for point in points]
            assert all(-MARGIN < x < 120 + MARGIN and -MARGIN < y < 100 + MARGIN for x, y in places), (finger, frame)


def test_the_files_in_images_guide_are_what_is_drawn() -> None:
    wanted = svgs()
    stale = "draw them anew with ./run prove drawings --sheets"
    assert {file.stem for file in GUIDE.glob("*.svg")} == set(wanted) == {file.stem for file in GUIDE.glob("*.png")}
    for name, svg in wanted.items():
        assert (GUIDE / f"{name}.svg").read_text(encoding="utf-8") == svg, f"{name}.svg: {stale}"
        with Image.open(GUIDE / f"{name}.png") as picture:
            assert picture.info.get(SOURCE) == digest(svg), f"{name}.png: {stale}"


@pytest.mark.screen
@pytest.mark.xdist_group("screen")
def test_a_picture_moves_on_slowly_and_not_at_all_where_calm_is_set(
    open_screen: Callable[[DisplaySettings], Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.ui.slides.FRAME_S", 0.02)
    calm = open_screen(replace(SMALL_PANEL, moving_pictures=False))
    calm.app.show(view_of("print.right_thumb", "vi"))
    assert calm.app._scene._slides._turning is None
    calm.app.close()
    screen = open_screen(SMALL_PANEL)
    screen.app.show(view_of("print.right_thumb", "vi"))
    first, shown = screen.app.pixels(), screen.app._scene._slides
    wait_until(lambda: shown._frame == 1)
    assert screen.app.pixels() != first
    # The same picture on a screen that is drawn anew (a badge of the bar, a percent more) does not begin again.
    turning = shown._turning
    screen.app.show(replace(view_of("print.right_thumb", "vi"), sentence="Bác cứ thong thả."))
    assert shown._turning is turning
    screen.app.show(view_of("locked.office", "vi"))
    assert shown._turning is None
    assert 1.2 <= FRAME_S <= 3
