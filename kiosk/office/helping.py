"""The page's part about remedies: per verdict what was tried, how often it helped, what it gained. No web, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from kiosk.domain.experience import Experience, Remedy, Tally
from kiosk.domain.quality import PrintVerdict
from kiosk.office.plots import before_after
from kiosk.office.wording import Words


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One remedy: in words, as "14/20", as a share in percent, the points that one try gained, before and after."""

    remedy: str
    tally: str
    percent: int
    gain: str
    plot: Markup | None


@dataclass(frozen=True, slots=True)
class HelpCard:
    """One verdict with its remedies, what helps most often first."""

    verdict: str
    rows: tuple[HelpRow, ...]


#: Of a remedy for a verdict: the mean quality of prints before and after it.
Qualities = Mapping[tuple[PrintVerdict, Remedy], tuple[float, float]]


def help_cards(experience: Experience, qualities: Qualities, words: Words) -> tuple[HelpCard, ...]:
    """A card for each verdict of which something is known, the most frequent first."""
    verdicts: dict[PrintVerdict, dict[Remedy, Tally]] = {}
    for (verdict, remedy), tally in experience.items():
        if tally.whole[1]:
            verdicts.setdefault(verdict, {})[remedy] = tally
    return tuple(
        HelpCard(words(f"verdict.{verdict.value}"), _rows(verdict, tallies, qualities, words))
        for verdict, tallies in sorted(
            verdicts.items(), key=lambda one: (-sum(tally.tried for tally in one[1].values()), one[0])
        )
    )


def _rows(
    verdict: PrintVerdict, tallies: Mapping[Remedy, Tally], qualities: Qualities, words: Words
) -> tuple[HelpRow, ...]:
    ordered = sorted(tallies.items(), key=lambda one: (-one[1].helped / one[1].tried, -one[1].tried, one[0]))
    return tuple(
        HelpRow(
            remedy=words(f"remedy.{remedy.value}"),
            tally=f"{tally.whole[0]}/{tally.whole[1]}",
            percent=round(100 * tally.helped / tally.tried),
            gain=f"{round(tally.mean_gain):+d}".replace("-", "−").replace("+0", "0"),
            plot=_plot(qualities.get((verdict, remedy)), words),
        )
        for remedy, tally in ordered
    )


def _plot(quality: tuple[float, float] | None, words: Words) -> Markup | None:
    if quality is None:
        return None
    before, after = quality
    return before_after(before, after, about=words("helps.before_after", before=round(before), after=round(after)))
