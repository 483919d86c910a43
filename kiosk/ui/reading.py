"""How far the facts of a screen were read: they go on where they were left, and yes waits for the last page."""

from dataclasses import dataclass

from kiosk.journey.view import Fact, Layout, View


@dataclass(slots=True)
class Reading:
    """The pages of the facts that were shown last; what lies over them for a while (help, a question) is not.

    `done`: the last page was shown, or there are no pages.
    """

    done: bool = True
    _facts: tuple[str, tuple[Fact, ...]] = ("", ())
    _page: int = 0
    _read: bool = False

    def begun(self, view: View) -> int:
        """Take that a View is shown; give the page to begin at."""
        if view.layout is not Layout.FACTS:
            # Lists begin anew, and have nothing to agree to.
            self.done = True
            return 0
        if self._facts != (view.key, view.facts):
            self._facts, self._page, self._read = (view.key, view.facts), 0, False
        self.done = self._read
        return self._page

    def shown(self, page: int, pages: int) -> None:
        """Take which page of how many was drawn."""
        if self.done:
            return
        self._page = page
        if page >= pages - 1:
            self.done = self._read = True

    def forget(self) -> None:
        """Keep nothing of this citizen."""
        self.done, self._facts, self._page, self._read = True, ("", ()), 0, False
