"""Which remedy comes next for a weak finger: a ladder for each verdict, re-ordered by what has helped.

The ladder is data (config/remedies.toml) and serves as the prior; every outcome on this kiosk counts in full, what all
kiosks have seen counts for less. The choice is the highest expected chance of help plus a small bonus for what has
hardly been tried, by the time that it and the try after it cost: of remedies that follow each other until one helps,
that order takes the least time. There is no chance in it, so the same evidence always gives the same advice.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

from kiosk.domain.experience import Experience, Remedy, RemedyOutcome, Tally, faded, learn, together
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedy_table import Prior, Remedies, Rung, remedies_from

__all__ = [
    "NO_REMEDIES",
    "Advice",
    "Experience",
    "Prior",
    "Remedies",
    "Remedy",
    "RemedyOutcome",
    "Rung",
    "Tally",
    "choose",
    "faded",
    "learn",
    "remedies_from",
    "together",
]

NO_REMEDIES: Final = Remedies("", 60, ())
"""A ladder without rungs: nothing is ever advised."""

EVERYWHERE_SHARE: Final = 0.25
"""What other kiosks saw counts for a quarter: other hands, other weather, another sensor."""

EVERYWHERE_AT_MOST: Final = 10.0
"""And for no more than so many tries: a province of evidence must not silence this village."""

UNTRIED_BONUS: Final = 0.06
"""How much chance the untried are given on top; it shrinks with every try."""

TRY_COSTS_S: Final = 60.0
"""What another try takes of a citizen's strength, in seconds of a remedy: more than the few seconds of the press."""

HEARD_S: Final = 5.0
"""Seconds in which a remedy without a timer is heard and done."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next, for how long, who starts it, what is asked before, and what it has done so far.

    `tally` is what is shown to the officer: this kiosk's own evidence, or that of all kiosks where it has none.
    """

    remedy: Remedy
    #: Seconds the remedy takes; for ice water and the dryer also the most that is allowed. 0 where nothing is timed.
    timer_s: int
    #: Only an officer may start it.
    officer_starts: bool
    #: Catalogue keys of questions; one yes, and the remedy is not for this citizen.
    questions: tuple[str, ...]
    tally: Tally
    words: str = ""
    picture: str = ""
    #: Catalogue keys of what the officer minds while it is done: cool air, the distance, brushing off.
    notes: tuple[str, ...] = ()
    #: The glass is wiped before the finger comes back: powder lies on it otherwise.
    wipe_glass: bool = False
    #: It reaches all fingers of the hand: do not ask for it again at the next finger.
    whole_hand: bool = False
    #: Expected chance of help, 0..1, and expected points of quality gained by it.
    chance: float = field(default=0.0)
    gain: float = field(default=0.0)


def choose(
    verdict: PrintVerdict,
    *,
    remedies: Remedies,
    used: Collection[Remedy],
    age: int | None,
    here: Experience,
    everywhere: Experience,
) -> Advice | None:
    """Choose the next remedy for a finger with this verdict, or None when nothing is left that may be done.

    `used` are those already done to this finger: none comes again before all others had their turn, and then only what
    costs nothing to repeat (press lighter, move). `age` in years orders the old differently and forbids what is not for
    that age; None is an unknown age, for which a remedy limited by age is not offered.
    """
    rungs = [rung for rung in remedies.ladder(verdict) if rung.for_age(age)]
    left = [rung for rung in rungs if rung.remedy not in used] or [rung for rung in rungs if rung.repeatable]
    first = [rung for rung in left if not rung.comes_last(age)] or left
    if not first:
        return None

    ordered = remedies.first.get(verdict, ())

    def rank(place: int) -> tuple[int, float, int]:
        # First what the office orders; of equals the one that stands higher on the ladder.
        remedy = first[place].remedy
        told = len(ordered) - ordered.index(remedy) if remedy in ordered else 0
        prior = first[place].prior(verdict, age, old_from=remedies.old_from)
        pair = (verdict, remedy)
        hope = _chance(prior, _evidence(pair, here, everywhere)) + _bonus(pair, here, everywhere)
        return told, hope / (TRY_COSTS_S + (first[place].timer_s or HEARD_S)), -place

    best = first[max(range(len(first)), key=rank)]
    return _advice(best, verdict, age=age, old_from=remedies.old_from, here=here, everywhere=everywhere)


def _advice(
    rung: Rung, verdict: PrintVerdict, *, age: int | None, old_from: int, here: Experience, everywhere: Experience
) -> Advice:
    pair = (verdict, rung.remedy)
    prior = rung.prior(verdict, age, old_from=old_from)
    evidence = _evidence(pair, here, everywhere)
    own = here.get(pair, Tally())
    return Advice(
        rung.remedy,
        rung.timer_s,
        officer_starts=rung.officer_starts,
        questions=rung.questions,
        tally=own if own.whole[1] else everywhere.get(pair, Tally()),
        words=rung.words,
        picture=rung.picture,
        notes=rung.notes,
        wipe_glass=rung.wipe_glass,
        whole_hand=rung.whole_hand,
        chance=_chance(prior, evidence),
        gain=(prior.gain * prior.tried + evidence.gain) / (prior.tried + evidence.tried),
    )


def _evidence(pair: tuple[PrintVerdict, Remedy], here: Experience, everywhere: Experience) -> Tally:
    far = everywhere.get(pair, Tally()).times(EVERYWHERE_SHARE)
    if far.tried > EVERYWHERE_AT_MOST:
        far = far.times(EVERYWHERE_AT_MOST / far.tried)
    return here.get(pair, Tally()) + far


def _chance(prior: Prior, evidence: Tally) -> float:
    """Give the mean of the Beta distribution that the prior and the evidence make together."""
    return (prior.helped + evidence.helped) / (prior.tried + evidence.tried)


def _bonus(pair: tuple[PrintVerdict, Remedy], here: Experience, everywhere: Experience) -> float:
    return UNTRIED_BONUS / sqrt(1 + _evidence(pair, here, everywhere).tried)


def after_questions(advice: Advice, answers: Mapping[str, bool]) -> bool:
    """Say whether the remedy may be done: every one of its questions was answered, and each with no."""
    return all(answers.get(key) is False for key in advice.questions)
