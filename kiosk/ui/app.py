"""The kiosk's screen as one object: show a View, get Events. Owns the window and the touch filter.

Import this only after `environment.prepare`. Everything runs in one thread, the one of the asyncio loop.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kivy.base import EventLoop, async_runTouchApp

from drivers.camera.api import Frame
from kiosk.journey.events import Event, FormFilled, HandsSeen, LooksShown, Touched
from kiosk.journey.view import FieldKind, Layout, Role, View
from kiosk.ui import palette, touching
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.form import FormState
from kiosk.ui.frame import LOOKS, TURN_PAGE
from kiosk.ui.layouts import arrange
from kiosk.ui.lettering import Lettering
from kiosk.ui.looks_page import DONE, Choices, arrange_looks
from kiosk.ui.measure import Measures, Rect
from kiosk.ui.preview import Preview
from kiosk.ui.reading import Reading
from kiosk.ui.scene import Scene
from kiosk.ui.settings import DisplaySettings, theme_at
from kiosk.ui.touch_filter import TouchFilter, TouchSettings
from kiosk.ui.window import open_window
from kiosk.words.keys import Method

#: The whole screen beside its buttons, on screens where touching it means something.
_ANYWHERE: Final = "ui.anywhere"
#: How long a finger of a program lies on the glass, in seconds: longer than the least that counts.
_HELD_S: Final = 0.12

log = logging.getLogger(__name__)


class KioskApp:
    """Draws the View that it is told to and sends what is touched.

    `on_drawn`, when set, is called with the View right after the first frame in which it is visible.
    Raises FontMissing when the fonts are not installed, ScreenError when no window can be opened.
    """

    def __init__(
        self,
        send: Callable[[Event], None],
        newest_frame: Callable[[], Frame | None],
        display: DisplaySettings,
        *,
        touch: TouchSettings | None = None,
        hour: Callable[[], int] = lambda: datetime.now().astimezone().hour,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_drawn: Callable[[View], None] | None = None
        self._send = send
        self._monotonic_s = monotonic_s
        self._measures = Measures.of(display)
        self.lettering = Lettering(display.font_regular, display.font_bold, self._measures)
        self._screen = Rect(0, 0, display.width_px, display.height_px)
        self._window: Any = open_window(display)
        self._scene = Scene(
            self.lettering,
            Preview(newest_frame),
            px_per_mm_across=self._measures.px_per_mm_across,
            moving=display.moving_pictures,
        )
        self._scene.on_down = self._down
        self._scene.on_up = self._up
        self._display = display
        self._hour = hour
        palette.choose(theme_at(display.theme, hour()))
        self._touch = touch or TouchSettings()
        self._filter = TouchFilter(
            self._touch,
            Rect(0, 0, display.width_px, display.height_px),
            across_px_per_mm=self._measures.px_per_mm_across,
            along_px_per_mm=self._measures.px_per_mm,
            background=_ANYWHERE,
        )
        self._ahead_s = 0.0
        self._view: View | None = None
        self._form: FormState | None = None
        self._typing: Method = display.typing
        self._aside: tuple[str, FormState] | None = None
        self._answered = False
        self._page = 0
        self._reading = Reading()
        self._chosen = Choices.of(display)
        self._choosing = False
        self._undrawn: View | None = None
        self._arrangement: Arrangement | None = None
        self._window.add_widget(self._scene)
        self._window.bind(on_flip=self._flipped)

    def show(self, view: View) -> None:
        """Show a View. It is visible with the next frame; a View equal to the one shown costs nothing."""
        before = self._view
        changed = before is None or before.key != view.key or before.layout is not view.layout
        self._undrawn = view
        if view.progress is None and before is not None and before.progress is not None:
            self._scene.forget()
            self._choose_looks(Choices.of(self._display))
            self._choose_theme()
            log.info("%s", self._filter.summary())
            self._filter.forget()
        if view == before:
            self._window.canvas.ask_update()
            return
        self._view = view
        if changed:
            self._choosing = False
            self._choose_theme()
        if view.progress is None:
            self._aside = None
            self._reading.forget()
        elif changed and before is not None and before.key != view.key:
            self._lay_aside(before)
        self._answered = False
        self._form = self._form_for(view, fresh=changed)
        if changed or before is None or (before.choices, before.facts) != (view.choices, view.facts):
            self._page = self._reading.begun(view)
        self._draw(view)
        if changed:
            self._filter.change(self._rects(), self._monotonic_s())
        else:
            self._filter.keep(self._rects())

    def _choose_theme(self) -> None:
        theme = self._chosen.theme or theme_at(self._display.theme, self._hour())
        if theme != palette.shown():
            palette.choose(theme)
            self._scene.repaint()

    def _form_for(self, view: View, *, fresh: bool) -> FormState | None:
        if view.layout is not Layout.FORM or view.form is None:
            return None
        state = FormState(view.form, view.language, method=self._typing, placement=self._display.tone_placement)
        old = self._laid_aside(view) if fresh else self._form
        if old is not None and [one.id for one in old.form.fields] == [one.id for one in view.form.fields]:
            same = old.asks_as(view.form, view.language)
            turned = old.language != view.language
            for one, was in zip(view.form.fields, old.form.fields, strict=True):
                # What nobody has typed over comes in the language of the form.
                own = turned and was.value == old.values[one.id]
                if not own and (same or one.kind is not FieldKind.SECRET):
                    state.values[one.id] = old.values[one.id]
            state.active, state.shifted, state.page = old.active, old.shifted, old.page
        return state

    def _lay_aside(self, before: View) -> None:
        """Keep what was typed when help or a question takes the screen before anybody answered; no secret is kept."""
        secret = self._form is not None and any(one.kind is FieldKind.SECRET for one in self._form.form.fields)
        if self._form is None or secret or before.progress is None:
            return
        self._aside = None if self._answered else (before.key, self._form)

    def _laid_aside(self, view: View) -> FormState | None:
        if self._aside is None or self._aside[0] != view.key:
            return None
        _, state = self._aside
        self._aside = None
        return state if view.form is not None and state.asks_as(view.form, view.language) else None

    def _draw(self, view: View) -> None:
        arrangement = Arrangement(self._measures, self.lettering, self._screen, mirrored=self._chosen.left_handed)
        if self._choosing and view.looks is not None:
            arrange_looks(arrangement, view, self._chosen)
        else:
            arrange(arrangement, view, form=self._form, page=self._page, read=self._reading.done)
            self._reading.shown(arrangement.page, arrangement.pages)
        self._arrangement = arrangement
        self._scene.draw(arrangement, view)

    def _choose_looks(self, chosen: Choices) -> None:
        if chosen.text_size != self._chosen.text_size:
            self._measures = Measures.of(self._display, chosen.text_size)
            if not self._reading.done:
                # Other letters make other pages: what was not read is read from the first one.
                self._page = 0
        self._chosen = chosen

    def touches(self) -> tuple[int, int]:
        """Give how many touches have counted, and how many have not, since the window was opened."""
        return self._filter.totals()

    def turn_page(self) -> bool:
        """Turn to the next page of facts that were not all shown yet; False where all were, and yes may be said."""
        if self._view is None or self._choosing or self._reading.done:
            return False
        self._turn_page(self._view)
        return True

    def _turn_page(self, view: View) -> None:
        self._page += 1
        self._draw(view)
        self._filter.change(self._rects(), self._monotonic_s())
        self._send(HandsSeen())

    def _looks_touched(self, view: View, target: str) -> bool:
        """Take a touch that is about letters and hand; False when it is not."""
        chosen = self._chosen.touched(target)
        if chosen is not None:
            self._choose_looks(chosen)
            self._choose_theme()
            self._draw(view)
            self._filter.keep(self._rects())
            return True
        if target not in {LOOKS, DONE}:
            return False
        self._choosing = target == LOOKS
        self._draw(view)
        self._filter.change(self._rects(), self._monotonic_s())
        self._send(LooksShown(self._choosing))
        return True

    def _rects(self) -> dict[str, Rect]:
        rects = self._arrangement.targets() if self._arrangement is not None else {}
        if self._view is not None and self._view.anywhere:
            # Last, so that every button lies above it.
            rects[_ANYWHERE] = self._screen
        return rects

    def arrangement(self) -> Arrangement:
        """Give what lies where on the screen now. Raises RuntimeError before the first show()."""
        if self._arrangement is None:
            raise RuntimeError("nothing is shown yet; call show(view) first")
        return self._arrangement

    def touch_targets(self) -> dict[str, tuple[float, float, float, float]]:
        """Give everything that can be touched now: id -> (x, y, width, height) in window pixels, y upwards.

        Keys of the keyboard are `ui.key.<key>`, fields `ui.field.<number>`, the row that turns a list's page `ui.page`.
        """
        return {name: (rect.x, rect.y, rect.width, rect.height) for name, rect in self._rects().items()}

    def press(self, x_px: float, y_px: float, *, end_px: tuple[float, float] | None = None) -> None:
        """Touch the window at a place, as a finger would: it passes the window, the filter and the target."""
        try:
            touching.press(x_px, y_px, end_px=end_px, between=self._hold)
        finally:
            self._ahead_s = 0.0

    def snapshot(self, path: Path) -> None:
        """Write what is shown as a PNG (drawn apart, so it is right even before the first frame)."""
        self._scene.export_to_png(str(path))

    def pixels(self) -> tuple[int, int, bytes]:
        """Give what is shown: width, height, and R G B A for every pixel, rows from the top."""
        texture: Any = self._scene.export_as_image().texture
        return int(texture.width), int(texture.height), bytes(texture.pixels)

    async def run(self) -> None:
        """Run the window inside the caller's asyncio loop until close() is called."""
        try:
            await async_runTouchApp(async_lib="asyncio")
        finally:
            self._release()

    def close(self) -> None:
        """End run(); safe to call twice and when run() was never called."""
        EventLoop.quit = True
        self._release()

    def _release(self) -> None:
        self._scene.close()
        self._window.unbind(on_flip=self._flipped)
        self._window.remove_widget(self._scene)

    def _flipped(self, _window: object) -> None:
        """Tell that the View is drawn, once the frame has really gone to the panel (the flip follows this handler)."""
        view, self._undrawn = self._undrawn, None
        if view is None or self.on_drawn is None:
            return
        try:
            asyncio.get_running_loop().call_soon(self.on_drawn, view)
        except RuntimeError:
            self.on_drawn(view)

    def _hold(self) -> None:
        # A program's finger is lifted at once; for the filter it lay there as long as a finger does.
        self._ahead_s = _HELD_S

    def _down(self, finger: object, x_px: float, y_px: float, width_mm: float) -> str | None:
        return self._filter.down(finger, x_px, y_px, now_s=self._monotonic_s(), width_mm=width_mm)

    def _up(self, finger: object, x_px: float, y_px: float) -> None:
        target = self._filter.up(finger, x_px, y_px, now_s=self._monotonic_s() + self._ahead_s)
        view = self._view
        if target is None or view is None:
            return
        if self._looks_touched(view, target):
            return
        if any(one.id == target for one in view.buttons):
            self._answered = True
        if target == TURN_PAGE:
            self._turn_page(view)
        elif self._form is not None and self._form.touched(target):
            self._typing = self._form.method
            self._draw(view)
            self._filter.keep(self._rects())
        elif self._form is not None and any(one.id == target and one.role is Role.YES for one in view.buttons):
            self._send(FormFilled(self._form.filled()))
        elif target == _ANYWHERE:
            self._send(Touched(view.anywhere))
        else:
            self._send(Touched(target))
