"""What is the same on every screen: the bar with help, back and again, progress, the strip, and the two big buttons."""

from dataclasses import dataclass, replace
from typing import Final

from kiosk.journey.view import Button, Layout, Progress, Role, View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement, Plate
from kiosk.ui.lettering import TIGHT
from kiosk.ui.measure import Rect

#: The id of the button that opens the page for letters and hand; it stays inside the screen and is never sent.
LOOKS: Final = "ui.looks"
#: The id of the row that turns the page; it stays inside the screen and is never sent.
TURN_PAGE: Final = "ui.page"
#: How wide it is between the two buttons.
_TURN_MM: Final = 34
#: What stands between the parts of the officer's line.
PART_MARK: Final = " · "
_BAR = (palette.BAR, palette.BAR_DOWN, palette.BAR_INK)
_YES = (palette.YES, palette.YES_DOWN, palette.WHITE)
_OTHER = (palette.OTHER, palette.OTHER_DOWN, palette.OTHER_INK)
_NEUTRAL = (palette.ROW, palette.BAR_DOWN, palette.NAVY)


@dataclass(frozen=True, slots=True)
class Room:
    """What is left for a layout: the `whole` between bar and buttons, and what lies `below` the bar with the buttons.

    `shown` are the roles of the buttons; `gap_px` lies between the picture and the words.
    """

    whole: Rect
    below: Rect
    shown: frozenset[Role]
    gap_px: float
    upright: bool
    mirrored: bool

    def split(self, share: float) -> tuple[Rect, Rect]:
        """Give the places of the picture, with its share of the room, and of the words.

        They stand side by side, the picture over the OTHER button; upright the picture stands above. A column with no
        button below it reaches down to the edge. Without a share the words have all.
        """
        if share <= 0:
            return Rect(self.whole.x, self.whole.top, 0.0, 0.0), self.whole
        if self.upright:
            return self.whole.cut_top(round((self.whole.height - self.gap_px) * share), self.gap_px)
        middle = share == 0.5
        free_picture = Role.OTHER not in self.shown and share <= 0.5
        free_words = not self.shown or (middle and Role.YES not in self.shown)
        width = round((self.below.width - self.gap_px) * share)
        picture = (self.below if free_picture or not self.shown else self.whole).cut_left(width, self.gap_px)[0]
        words = (self.below if free_words else self.whole).cut_left(width, self.gap_px)[1]
        return self.mirror(picture), self.mirror(words)

    def mirror(self, rect: Rect) -> Rect:
        """Give the place on the other side of the room where the screen is for a left hand."""
        if not self.mirrored:
            return rect
        return Rect(self.below.x + self.below.right - rect.right, rect.y, rect.width, rect.height)


def colours_of(role: Role) -> tuple[str, str, str]:
    """Give ground, ground while held, and ink of a role's button."""
    return _YES if role is Role.YES else _OTHER


def strip(arrangement: Arrangement, view: View) -> Rect:
    """Add the strip for the officer's line and the ribbon of simulated devices; give what is left above.

    A long line takes up to four lines, in a form (where the keys need the room) one or, upright, two; what does not fit
    goes from the end, in whole parts: the journey says first what needs a hand first.
    """
    measures = arrangement.measures
    if not view.officer_line and not view.ribbon:
        return arrangement.screen
    fit = arrangement.lettering.fit
    caps = (3.5, 3.2, 3.0) if measures.large else (2.35, 2.2, 2.05)
    height = measures.px(7.0 if measures.large else 4.5)
    pad = measures.px(3)
    ribbon = fit(view.ribbon, (arrangement.screen.width * 0.6, height), cap_mm=caps, bold=True, max_lines=1)
    ribbon_px = ribbon.width_px + 2 * pad if view.ribbon else 0.0
    width = arrangement.screen.width - ribbon_px - 2 * pad
    form = view.layout is Layout.FORM
    most = (2 if form else 4) if measures.upright else 1 if form else 4 if measures.large else 3
    several = caps[-1:] if form and measures.upright else caps[:1]
    parts = view.officer_line.split(PART_MARK)
    line = fit(view.officer_line, (width, height), cap_mm=caps, max_lines=1)
    if not line.fits:
        line = fit(view.officer_line, (width, 9999), cap_mm=several, max_lines=most, leading=TIGHT)
    while not line.fits and len(parts) > 1:
        parts.pop()
        line = fit(PART_MARK.join(parts), (width, 9999), cap_mm=several, max_lines=most, leading=TIGHT)
    if len(line.lines) > 1:
        height = line.height_px + measures.px(1)
    room, rest = arrangement.screen.cut_bottom(height)
    if view.officer_line:
        arrangement.items.append(Plate(room, palette.PAPER))
        spot = Rect(room.x + pad, room.y, width, room.height)
        arrangement.items.append(arrangement.place(line, spot, colour=palette.QUIET_INK, on=palette.PAPER, middle=True))
    if view.ribbon:
        tab = room.cut_right(ribbon_px)[0].cut_bottom(measures.px(7.0 if measures.large else 4.5))[0]
        arrangement.items.append(Plate(tab, palette.RIBBON))
        arrangement.items.append(
            arrangement.place(ribbon, tab, colour=palette.WHITE, on=palette.RIBBON, align=0.5, middle=True)
        )
    return rest


def bar(arrangement: Arrangement, view: View, rest: Rect) -> Rect:
    """Add the bar with the progress in its middle, upright in a line of its own; give what is left below.

    For a left hand it is mirrored, as the two big buttons are.
    """
    measures = arrangement.measures
    gap = measures.gap_px
    line, below = rest.inset(measures.margin_px).cut_top(measures.touch_px, gap)
    if measures.upright:
        help_px = round(line.width * 0.345)
        other_px = (line.width - help_px - 2 * gap) // 2
        _bar_buttons(arrangement, view, line, (help_px, other_px, other_px), labels=True)
        middle, below = below.cut_top(measures.px(10) if view.looks is None else measures.touch_px, gap)
        if view.looks is not None:
            wide = measures.across_px(17)
            _looks_button(arrangement, (middle.cut_left if arrangement.mirrored else middle.cut_right)(wide)[0])
    else:
        widths = (46, 40, 41) if measures.large else (31.5, 29, 30.5)
        if view.looks is None:
            widths = (53, 44, 45) if measures.large else (36, 35, 35)
        help_px, back_px, again_px = (measures.across_px(width) for width in widths)
        middle = _bar_buttons(arrangement, view, line, (help_px, back_px, again_px), labels=True)
        if view.looks is not None:
            cut = middle.cut_left if arrangement.mirrored else middle.cut_right
            spot, middle = cut(measures.across_px(16.5), gap)
            _looks_button(arrangement, spot)
    if view.progress is not None:
        _progress(arrangement, view.progress, middle)
    return below


def _looks_button(arrangement: Arrangement, spot: Rect) -> None:
    """Add the button for letters and hand: what it shows is what it changes."""
    arrangement.touchable(
        LOOKS, spot, kind="nav", colours=_BAR, label="Aa", cap_mm=arrangement.measures.label_cap_mm, bold=True
    )


def page_bar(arrangement: Arrangement, view: View, rest: Rect, title: str) -> Rect:
    """Add the bar of a page that lies over the screen: help and again where they always are, and its title between."""
    measures = arrangement.measures
    line, below = rest.inset(measures.margin_px).cut_top(measures.touch_px, measures.gap_px)
    bare = replace(view, nav=replace(view.nav, back=None))
    if measures.upright:
        half = (line.width - measures.gap_px) // 2
        _bar_buttons(arrangement, bare, line, (half, 0, half), labels=True)
        middle, below = below.cut_top(measures.px(10), measures.gap_px)
    else:
        help_px, again_px = (measures.across_px(width) for width in ((53, 45) if measures.large else (36, 35)))
        middle = _bar_buttons(arrangement, bare, line, (help_px, -measures.gap_px, again_px), labels=True)
    arrangement.words(
        title,
        middle,
        cap_mm=measures.bar_cap_mm,
        colour=palette.NAVY,
        bold=True,
        align=0.5,
        middle=True,
        max_lines=2,
        leading=TIGHT,
    )
    return below


def form_bar(
    arrangement: Arrangement,
    view: View,
    rest: Rect,
    *,
    alarm: str,
    small_help: bool = False,
    aside: Button | None = None,
    main: Button | None = None,
) -> Rect:
    """Add the bar of a form: the title in its middle, or in red what is to be mended; back and again as icons alone.

    Forms are the officer's; here every millimetre belongs to the keys, so the margins above and below go too. `aside`
    is a main button that finds its place in the bar, with `small_help` for help is an icon too. On an upright panel the
    title stands in a line below, with `main` beside it.
    """
    measures = arrangement.measures
    gap = measures.gap_px
    edge = measures.margin_px
    top = measures.margin_px if measures.large else 2.0
    bottom = measures.margin_px if measures.large and rest.y == 0 else 0.0
    inner = Rect(rest.x + edge, rest.y + bottom, rest.width - 2 * edge, rest.height - top - bottom)
    line, below = inner.cut_top(measures.touch_px, measures.gap_px)
    icon_px = measures.across_px(17)
    help_px = icon_px if small_help else measures.across_px(53 if measures.large else 36)
    middle = _bar_buttons(arrangement, view, line, (help_px, icon_px, icon_px), labels=False)
    if view.nav.back is None:
        left = middle.x - (0 if arrangement.mirrored else icon_px)
        middle = Rect(left, middle.y, middle.width + icon_px, middle.height)
    if aside is not None:
        spot = middle
        if not measures.upright:
            cut = middle.cut_left if arrangement.mirrored else middle.cut_right
            spot, middle = cut(measures.across_px(44 if measures.large else 30), measures.gap_px)
        big_button(arrangement, aside, spot, narrow=True)
    if measures.upright:
        middle, below = below.cut_top(measures.px(9) if main is None else measures.touch_px, gap)
        if main is not None:
            spot, middle = (middle.cut_left if arrangement.mirrored else middle.cut_right)(measures.across_px(34), gap)
            big_button(arrangement, main, spot, narrow=True)
    arrangement.words(
        alarm or view.title,
        middle,
        cap_mm=measures.bar_cap_mm[1 if alarm else 0 :],
        colour=palette.DANGER if alarm else palette.NAVY,
        bold=True,
        align=0.5,
        middle=True,
        max_lines=3,
        leading=TIGHT,
    )
    return below


def _bar_buttons(
    arrangement: Arrangement, view: View, line: Rect, widths: tuple[float, float, float], *, labels: bool
) -> Rect:
    measures = arrangement.measures
    gap = measures.gap_px
    help_place, middle = line.cut_left(widths[0], gap)
    back_place, middle = middle.cut_left(widths[1], gap)
    again_place, middle = middle.cut_right(widths[2], gap)
    places = [("help", help_place, "bell", view.nav.help if labels or widths[0] > widths[1] else "")]
    places.append(("again", again_place, "speaker", view.nav.again if labels else ""))
    if view.nav.back is not None:
        places.append(("back", back_place, "back", view.nav.back if labels else ""))

    def placed(rect: Rect) -> Rect:
        if not arrangement.mirrored:
            return rect
        return Rect(line.x + line.right - rect.right, rect.y, rect.width, rect.height)

    for name, rect, icon, label in places:
        arrangement.touchable(
            name,
            placed(rect),
            kind="nav",
            colours=_BAR,
            label=label,
            icon=icon,
            cap_mm=measures.plain_cap_mm,
            bold=True,
        )
    return placed(middle)


def _progress(arrangement: Arrangement, progress: Progress, rect: Rect) -> None:
    measures = arrangement.measures
    dots_height = measures.px(3.2 if measures.large else 2.6)
    text_room = Rect(rect.x, rect.y + dots_height, rect.width, rect.height - dots_height)
    label = arrangement.words(
        progress.label,
        text_room,
        cap_mm=measures.plain_cap_mm,
        colour=palette.NAVY,
        bold=True,
        align=0.5,
        middle=True,
        max_lines=1,
    )
    total = max(1, progress.total)
    step = min(rect.width / total, dots_height * 1.35)
    start = rect.center_x - step * total / 2
    y = label.rect.y - dots_height
    for index in range(total):
        done = index < progress.step
        size = dots_height if index == progress.step - 1 else dots_height * 0.68
        spot = Rect(start + step * (index + 0.5) - size / 2, y + (dots_height - size) / 2, size, size)
        arrangement.items.append(Plate(spot, palette.DOT_DONE if done else palette.DOT_TODO, size / 2))


def buttons(arrangement: Arrangement, view: View, below: Rect, *, turn: str = "") -> Room:
    """Add the two big buttons, YES right and OTHER left; give the room above them.

    A busy machine shows no buttons. For a left hand YES and OTHER change places. `turn` is the label of a row that
    turns the page, which stands between them, or in the place of OTHER where that is not shown.
    """
    measures = arrangement.measures
    gap = measures.gap_px
    found: dict[Role, Button] = {} if view.busy else {button.role: button for button in view.buttons}
    shown = frozenset(found)
    places, above = button_places(arrangement, below)
    if turn:
        if Role.OTHER in shown:
            places, middle = _with_middle(arrangement, places)
        else:
            middle = places[Role.OTHER]
        turning_row(arrangement, middle, turn)
    for role in (Role.OTHER, Role.YES):
        if role in found:
            big_button(arrangement, found[role], places[role])
    return Room(above if found else below, below, shown, gap, measures.upright, arrangement.mirrored)


def button_places(arrangement: Arrangement, below: Rect) -> tuple[dict[Role, Rect], Rect]:
    """Give the places of both main buttons at the bottom of a room, and what is left above them.

    Also upright they stand side by side: there a trembling finger that slips up or down hits no other answer.
    """
    gap = arrangement.measures.gap_px
    strip_rect, above = below.cut_bottom(arrangement.measures.button_px, gap)
    half = (strip_rect.width - gap) // 2
    sides = (strip_rect.cut_left(half)[0], strip_rect.cut_right(half)[0])
    other, yes = reversed(sides) if arrangement.mirrored else sides
    return {Role.OTHER: other, Role.YES: yes}, above


def _with_middle(arrangement: Arrangement, places: dict[Role, Rect]) -> tuple[dict[Role, Rect], Rect]:
    """Make both buttons narrower, and give the place between them: a finger that slips reaches no other answer."""
    measures = arrangement.measures
    width = measures.across_px(_TURN_MM)
    left, right = sorted(places.values(), key=lambda rect: rect.x)
    less = (width + measures.gap_px) / 2
    shorter = (
        Rect(left.x, left.y, left.width - less, left.height),
        Rect(right.x + less, right.y, right.width - less, right.height),
    )
    other, yes = reversed(shorter) if arrangement.mirrored else shorter
    middle = Rect(
        shorter[0].right + measures.gap_px, left.y, shorter[1].x - shorter[0].right - 2 * measures.gap_px, left.height
    )
    return {Role.OTHER: other, Role.YES: yes}, middle


def turning_row(arrangement: Arrangement, rect: Rect, label: str) -> None:
    """Add the row that turns the page of facts."""
    arrangement.touchable(
        TURN_PAGE,
        rect,
        kind="row",
        colours=(palette.ROW, palette.BAR_DOWN, palette.NAVY),
        label=label,
        icon="next",
        cap_mm=arrangement.measures.plain_cap_mm,
        edge=palette.BLUE,
        icon_above=rect.height > rect.width,
    )


def big_button(arrangement: Arrangement, button: Button, rect: Rect, *, narrow: bool = False) -> None:
    """Add one of the two main buttons; a `narrow` one begins with smaller letters, to keep its label on one line."""
    arrangement.touchable(
        button.id,
        rect,
        kind="button",
        colours=_NEUTRAL if button.neutral else colours_of(button.role),
        label=button.label,
        icon=button.icon or None,
        edge=palette.BLUE if button.neutral else None,
        edge_mm=1.0,
        cap_mm=arrangement.measures.label_cap_mm[2 if narrow else 0 :],
        icon_above=arrangement.measures.upright and not narrow and rect.height >= arrangement.measures.button_px,
    )
