"""The ladder of remedies: safe whatever the file says, in order by age and verdict, and re-ordered by what helps."""

import copy
import tomllib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.errors import BadRemedies, DomainError
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedies import (
    Advice,
    Experience,
    Remedies,
    Remedy,
    RemedyOutcome,
    Tally,
    after_questions,
    choose,
    faded,
    learn,
    remedies_from,
    together,
)

SHIPPED = Path(__file__).parents[2] / "config/remedies.toml"
TABLE = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
REMEDIES = remedies_from(TABLE)
WEAK = [verdict for verdict in PrintVerdict if verdict is not PrintVerdict.GOOD]
AGES = st.none() | st.integers(0, 120)
OUTCOMES = st.builds(
    RemedyOutcome,
    st.sampled_from(WEAK),
    st.sampled_from(list(Remedy)),
    before=st.integers(0, 100),
    after=st.integers(0, 100),
    helped=st.booleans(),
)


def learnt(outcomes: list[RemedyOutcome]) -> Experience:
    experience: Experience = {}
    for one in outcomes:
        experience = learn(experience, one)
    return experience


EXPERIENCES = st.lists(OUTCOMES, max_size=40).map(learnt)


def advised(
    verdict: PrintVerdict,
    *,
    age: int | None = 40,
    used: Sequence[Remedy] = (),
    here: Experience | None = None,
    everywhere: Experience | None = None,
) -> Advice | None:
    return choose(verdict, remedies=REMEDIES, used=used, age=age, here=here or {}, everywhere=everywhere or {})


def ladder(verdict: PrintVerdict, *, age: int | None, here: Experience | None = None) -> list[Remedy]:
    """Give the remedies in the order in which one finger would meet them."""
    used: list[Remedy] = []
    while (advice := advised(verdict, age=age, used=used, here=here or {})) and advice.remedy not in used:
        used.append(advice.remedy)
    return used


def times(n: int, verdict: PrintVerdict, remedy: Remedy, *, helped: bool, here: Experience | None = None) -> Experience:
    experience = here or {}
    for _ in range(n):
        experience = learn(experience, RemedyOutcome(verdict, remedy, 30, 60 if helped else 30, helped))
    return experience


def test_a_dry_finger_is_dampened_before_it_takes_the_time_of_warmth_or_soap() -> None:
    assert ladder(PrintVerdict.TOO_DRY, age=30)[0] is Remedy.DAMP
    assert ladder(PrintVerdict.TOO_DRY, age=75) == [Remedy.DAMP, Remedy.FIRMER, Remedy.WARM, Remedy.WASH]


def test_a_long_remedy_comes_first_where_it_helps_so_much_more_often() -> None:
    here = times(30, PrintVerdict.TOO_DRY, Remedy.WASH, helped=True)
    here = times(30, PrintVerdict.TOO_DRY, Remedy.DAMP, helped=False, here=here)
    here = times(30, PrintVerdict.TOO_DRY, Remedy.WARM, helped=False, here=here)
    here = times(30, PrintVerdict.TOO_DRY, Remedy.FIRMER, helped=False, here=here)
    assert ladder(PrintVerdict.TOO_DRY, age=75, here=here)[0] is Remedy.WASH


def test_ice_comes_last_for_the_older_and_never_for_the_very_old_or_an_unknown_age() -> None:
    assert ladder(PrintVerdict.TOO_WET, age=65)[-1] is Remedy.ICE
    assert Remedy.ICE not in ladder(PrintVerdict.TOO_WET, age=85)
    assert Remedy.ICE not in ladder(PrintVerdict.TOO_WET, age=None)


def test_for_the_older_ice_stays_last_however_well_it_did() -> None:
    here = times(200, PrintVerdict.TOO_WET, Remedy.ICE, helped=True)
    assert ladder(PrintVerdict.TOO_WET, age=65, here=here)[-1] is Remedy.ICE
    assert ladder(PrintVerdict.TOO_WET, age=30, here=here)[0] is Remedy.ICE


def test_ice_is_the_officers_to_start_for_half_a_minute_at_most_and_only_after_every_question_is_answered_no() -> None:
    others = [one for one in ladder(PrintVerdict.TOO_WET, age=30) if one is not Remedy.ICE]
    ice = advised(PrintVerdict.TOO_WET, age=30, used=others)
    assert ice is not None
    assert (ice.remedy, ice.officer_starts) == (Remedy.ICE, True)
    assert 0 < ice.timer_s <= 30
    assert len(ice.questions) >= 4
    no = dict.fromkeys(ice.questions, False)
    assert after_questions(ice, no)
    assert not after_questions(ice, {**no, ice.questions[2]: True})
    assert not after_questions(ice, dict(list(no.items())[1:]))


def test_the_glass_is_wiped_after_powder_and_the_dryer_comes_with_its_caution() -> None:
    powder = advised(PrintVerdict.TOO_WET, used=[Remedy.DRYER])
    assert powder is not None
    assert (powder.remedy, powder.wipe_glass) == (Remedy.POWDER, True)
    dryer = advised(PrintVerdict.TOO_WET)
    assert dryer is not None
    assert (dryer.remedy, dryer.notes) == (Remedy.DRYER, ("remedy.dryer.note.1",))
    assert dryer.timer_s <= 20


def test_pressing_and_moving_may_come_again_when_all_had_their_turn_and_the_rest_may_not() -> None:
    again = advised(PrintVerdict.OFF_CENTRE, used=list(Remedy))
    assert again is not None
    assert again.remedy is Remedy.MOVE
    assert advised(PrintVerdict.DIRTY_GLASS, used=list(Remedy)) is None


def test_a_good_print_gets_no_remedy() -> None:
    assert advised(PrintVerdict.GOOD) is None


def test_advice_shows_what_this_kiosk_has_seen_or_else_what_all_kiosks_have() -> None:
    far: Experience = {(PrintVerdict.TOO_DRY, Remedy.DAMP): Tally(200, 140, 1800)}
    near: Experience = {(PrintVerdict.TOO_DRY, Remedy.DAMP): Tally(19.7, 13.8, 200)}
    of_all = advised(PrintVerdict.TOO_DRY, everywhere=far)
    own = advised(PrintVerdict.TOO_DRY, here=near, everywhere=far)
    assert of_all is not None
    assert own is not None
    assert of_all.tally.whole == (140, 200)
    assert own.tally.whole == (14, 20)


def test_a_remedy_that_helps_nobody_falls_to_the_end_of_its_ladder() -> None:
    here = times(40, PrintVerdict.TOO_DRY, Remedy.DAMP, helped=False)
    assert ladder(PrintVerdict.TOO_DRY, age=30, here=here)[-1] is Remedy.DAMP


def test_a_remedy_that_helps_here_rises_above_the_ladder_of_the_file() -> None:
    here = times(15, PrintVerdict.WORN, Remedy.POWDER, helped=True)
    assert ladder(PrintVerdict.WORN, age=30, here=here)[0] is Remedy.POWDER


def test_all_other_kiosks_together_do_not_outweigh_what_this_village_sees() -> None:
    far: Experience = {
        (PrintVerdict.WORN, Remedy.POWDER): Tally(100_000, 95_000, 900_000),
        (PrintVerdict.WORN, Remedy.WASH): Tally(100_000, 5_000, 0),
    }
    assert (first := advised(PrintVerdict.WORN, everywhere=far)) is not None
    assert first.remedy is Remedy.POWDER
    here: Experience = {}
    for remedy in (Remedy.POWDER, Remedy.DAMP, Remedy.WARM, Remedy.FIRMER):
        here = times(30, PrintVerdict.WORN, remedy, helped=False, here=here)
    here = times(30, PrintVerdict.WORN, Remedy.WASH, helped=True, here=here)
    assert (first := advised(PrintVerdict.WORN, here=here, everywhere=far)) is not None
    assert first.remedy is Remedy.WASH


@given(verdict=st.sampled_from(WEAK), age=AGES, here=EXPERIENCES, everywhere=EXPERIENCES, data=st.data())
def test_advice_is_always_safe_unused_and_the_same_for_the_same_evidence(
    verdict: PrintVerdict, age: int | None, here: Experience, everywhere: Experience, data: st.DataObject
) -> None:
    used = data.draw(st.lists(st.sampled_from(list(Remedy))))
    advice = advised(verdict, age=age, used=used, here=here, everywhere=everywhere)
    assert advice == advised(verdict, age=age, used=used[::-1], here=here, everywhere=everywhere)
    allowed = [rung for rung in REMEDIES.ladder(verdict) if rung.for_age(age)]
    if advice is None:
        assert all(rung.remedy in used for rung in allowed)
        return
    rung = REMEDIES.rung(advice.remedy)
    assert verdict not in rung.never_on
    assert rung.for_age(age)
    assert 0 < advice.chance < 1
    assert advice.tally.whole[0] <= advice.tally.whole[1]
    if advice.remedy in used:
        assert rung.repeatable
        assert all(one.remedy in used for one in allowed)


@given(here=EXPERIENCES, verdict=st.sampled_from(WEAK), age=AGES)
def test_success_never_lowers_a_remedy_and_failure_never_lifts_it(
    here: Experience, verdict: PrintVerdict, age: int | None
) -> None:
    for remedy in ladder(verdict, age=age):
        place = ladder(verdict, age=age, here=here).index(remedy)
        worse = times(5, verdict, remedy, helped=False, here=here)
        assert ladder(verdict, age=age, here=worse).index(remedy) >= place
        # The bonus for the untried is paid out by the first tries; a row of successes outweighs it.
        better = times(12, verdict, remedy, helped=True, here=here)
        assert ladder(verdict, age=age, here=better).index(remedy) <= place


@given(OUTCOMES, EXPERIENCES)
def test_learning_adds_one_try_and_changes_nothing_else(outcome: RemedyOutcome, before: Experience) -> None:
    kept = dict(before)
    after = learn(before, outcome)
    pair = (outcome.verdict, outcome.remedy)
    assert before == kept
    assert after[pair].tried == before.get(pair, Tally()).tried + 1
    assert after[pair].gain == before.get(pair, Tally()).gain + outcome.after - outcome.before
    assert {one: after[one] for one in after if one != pair} == {one: kept[one] for one in kept if one != pair}


@given(st.lists(EXPERIENCES, max_size=4), st.integers(0, 400))
def test_evidence_fades_and_never_turns_into_more_than_it_was(days: list[Experience], ahead: int) -> None:
    start = date(2026, 3, 1)
    by_day = {start + timedelta(days=n): one for n, one in enumerate(days)}
    whole = together(days)
    now = faded(by_day, today=start + timedelta(days=ahead))
    later = faded(by_day, today=start + timedelta(days=ahead + 30))
    assert set(now) == set(whole)
    for pair, tally in now.items():
        assert later[pair].tried <= tally.tried <= whole[pair].tried + 1e-9


def test_evidence_of_one_half_life_ago_counts_half_and_of_tomorrow_whole() -> None:
    pair = (PrintVerdict.TOO_DRY, Remedy.DAMP)
    days: dict[date, Experience] = {date(2026, 1, 1): {pair: Tally(8, 4, 80)}, date(2026, 4, 1): {pair: Tally(3, 1, 5)}}
    assert faded(days, today=date(2026, 3, 2), half_life_days=60)[pair] == Tally(7, 3, 45)


@pytest.mark.parametrize(
    ("before", "after", "helped"), [(30, 61, True), (30, 40, True), (30, 39, False), (65, 62, False), (70, 30, False)]
)
def test_a_remedy_has_helped_when_the_print_is_good_enough_or_notably_better(
    before: int, after: int, helped: bool
) -> None:
    outcome = RemedyOutcome.judged(PrintVerdict.WORN, Remedy.WASH, before=before, after=after, good_from=60)
    assert outcome.helped is helped


@pytest.mark.parametrize(("tried", "helped"), [(1, 2), (-1, -1), (1, -1), (float("nan"), 0), (float("inf"), 1)])
def test_a_tally_that_cannot_be_counted_is_refused(tried: float, helped: float) -> None:
    with pytest.raises(ValueError, match="tally"):
        Tally(tried, helped, 0)


def _row(table: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in table["remedy"] if row["id"] == name)


def _ice(**changed: object) -> Callable[[dict[str, Any]], None]:
    return lambda table: _row(table, "ice").update(changed)


def _damp(**changed: object) -> Callable[[dict[str, Any]], None]:
    return lambda table: _row(table, "damp").update(changed)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_ice(officer_starts=False), "ice: is started by an officer"),
        (_ice(timer_s=31), "ice: timer_s is at most 30"),
        (_ice(timer_s=0), "ice: needs a timer"),
        (_ice(questions=["a", "b", "c"]), "ice: asks at least 4"),
        (_ice(never_on=["too_light"]), "ice: never_on lacks no_finger, too_dry"),
        (_ice(prior={"too_dry": {"helped": 5, "tried": 10, "gain": 5}}), "ice: is tried on too_dry"),
        (lambda table: _row(table, "dryer").update(timer_s=21), "dryer: timer_s is at most 20"),
        (_damp(timer_s="ten"), r"remedy 3 \(damp\): timer_s must be a whole number"),
        (_damp(timer_s=True), r"remedy 3 \(damp\): timer_s must be a whole number"),
        (_damp(words=""), r"\(damp\): words must be a text"),
        (_damp(never_on=["soggy"]), r"\(damp\): never_on: 'soggy' is none of good"),
        (_damp(notes="x"), r"\(damp\): notes must be a list"),
        (_damp(repeatable=1), r"\(damp\): repeatable must be true or false"),
        (_damp(cures="all"), r"remedy 3: unknown key 'cures'"),
        (_damp(prior={"too_dry": {"helped": 10, "tried": 10, "gain": 5}}), r"prior.too_dry must be .*helped < tried"),
        (_damp(prior={"too_dry": {"helped": float("nan"), "tried": 10, "gain": 5}}), r"prior.too_dry must be"),
        (_damp(prior={"good": {"helped": 5, "tried": 10, "gain": 5}}), "damp: a good print needs no remedy"),
        (_damp(old_prior={"smudged": {"helped": 5, "tried": 10, "gain": 5}}), "damp: old_prior names smudged"),
        (_damp(id="wash"), "wash stands twice; damp is missing"),
        (_damp(id="leeches"), "remedy 3: id: 'leeches' is none of wash"),
        (lambda table: table.update(remedy=[]), r"no \[\[remedy\]\]"),
        (lambda table: table["remedy"].append("x"), "remedy 13: is not a table"),
        (lambda table: table.update(old_from=0), "old_from must be a whole number from 1"),
        (lambda table: table.update(oldfrom=3), "unknown key 'oldfrom'"),
        (
            lambda table: _row(table, "glass").update(prior={}) or _row(table, "wash")["prior"].pop("dirty_glass"),
            "nothing is offered for dirty_glass",
        ),
    ],
)
def test_every_mistake_and_every_loosened_rule_is_named_with_its_place(
    spoil: Callable[[dict[str, Any]], None], says: str
) -> None:
    table = copy.deepcopy(TABLE)
    spoil(table)
    with pytest.raises(BadRemedies, match=says):
        remedies_from(table)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted({key for row in TABLE["remedy"] for key in row})), st.integers(0, 11), JSON)
def test_whatever_stands_in_a_row_it_is_read_or_refused_and_never_unsafe(key: str, n: int, value: object) -> None:
    table = copy.deepcopy(TABLE)
    table["remedy"][n][key] = value
    try:
        read: Remedies = remedies_from(table)
    except DomainError:
        return
    ice = read.rung(Remedy.ICE)
    assert ice.officer_starts
    assert 0 < ice.timer_s <= 30
    assert PrintVerdict.TOO_DRY in ice.never_on
    assert len(ice.questions) >= 4
