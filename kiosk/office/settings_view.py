"""What is wanted of a kiosk's settings and what it has, in words. No web, no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kiosk.office.desiring import Drift, Told, Wanted, drifts
from kiosk.office.wording import Words


def settings_lines(
    words: Words, now: datetime, wanted: Wanted | None, told: Told | None
) -> Iterator[tuple[str, str, bool]]:
    """Each line's label and text, and whether somebody should look; none where nothing was ever wanted."""
    if wanted is None:
        return
    its = told or Told()
    taken = its.n >= wanted.n
    said = words("twin.settings_word", time=words.clock(wanted.at, now), by=wanted.by)
    state = words("twin.settings_taken" if taken else "twin.settings_untaken")
    yield words("twin.settings_wanted"), f"{said} · {state}", not taken
    off = {one.name: one for one in drifts(wanted.settings, its)}
    for name, value in sorted(wanted.settings.items()):
        label = words.either("setting", name.replace(".", "_"))
        if name not in off:
            yield label, words("twin.setting_kept", has=value), False
            continue
        text = _differs(words, now, off[name])
        yield label, f"{text} · {words('twin.setting_refused')}" if name in its.refused else text, True


def _differs(words: Words, now: datetime, one: Drift) -> str:
    if one.has is None or one.since is None:
        return words("twin.setting_untold", wanted=one.wanted)
    return words("twin.setting_differs", wanted=one.wanted, has=_plain(one.has), since=words.clock(one.since, now))


def _plain(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
