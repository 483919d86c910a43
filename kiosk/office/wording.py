"""The page's words, in the language asked for. Vietnamese unless somebody wants English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Literal

Language = Literal["vi", "en"]
# Viet Nam keeps one time all year (UTC+7, Decision 134/2002/QĐ-TTg); no time-zone database is needed.
LOCAL = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language by ``section.key``."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with its places filled. Raises KeyError for an unknown key."""
        return self.texts[key].format(**values)

    def either(self, section: str, key: str) -> str:
        """The text of ``section.key``, or ``key`` itself where a newer kiosk says something unknown."""
        return self.texts.get(f"{section}.{key}", key)

    def ago(self, moment: datetime, now: datetime) -> str:
        """How long ago, in one round number."""
        minutes = int((now - moment).total_seconds() // 60)
        if minutes < 1:
            return self("ago.now")
        if minutes < 60:
            return self("ago.minutes", n=minutes)
        if minutes < 48 * 60:
            return self("ago.hours", n=minutes // 60)
        return self("ago.days", n=minutes // (24 * 60))

    def clock(self, moment: datetime, now: datetime) -> str:
        """Hour and minute in Viet Nam, with the day when it is not today, and the year when it is not this one."""
        local, today = moment.astimezone(LOCAL), now.astimezone(LOCAL)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return f"{local:%H:%M} {local:%d/%m}" if local.year == today.year else f"{local:%H:%M} {local:%d/%m/%Y}"

    def day(self, moment: datetime) -> str:
        """A day as it is written in Viet Nam."""
        return f"{moment.astimezone(LOCAL):%d/%m/%Y}"

    def number(self, value: float, digits: int = 0) -> str:
        """A number with a minus sign and the decimal mark of the language."""
        text = f"{value:.{digits}f}"
        text = text.lstrip("-") if not float(text) else text.replace("-", "−")
        return text.replace(".", ",") if self.language == "vi" else text

    def lasting(self, seconds: int) -> str:
        """How long something has lasted, in one round number."""
        minutes = seconds // 60
        if minutes < 60:
            return self("lasting.minutes", n=minutes)
        if minutes < 48 * 60:
            return self("lasting.hours", n=minutes // 60)
        return self("lasting.days", n=minutes // (24 * 60))

    def percent(self, share: float) -> str:
        """A share of one as whole percent."""
        return f"{round(share * 100)}%"


def load_words(language: Language) -> Words:
    """Read the texts."""
    table = tomllib.loads(resources.files("kiosk.office").joinpath("words.toml").read_text(encoding="utf-8"))
    return Words(
        language,
        {f"{section}.{key}": text[language] for section, keys in table.items() for key, text in keys.items()},
    )
