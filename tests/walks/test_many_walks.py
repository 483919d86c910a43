"""Who walks when, and how a long run goes on where it ended."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.prove._walks import BAD_DAY_MM, HAND_MM, PANELS, Job, chunks, job_of, walked
from tests.prove.screens import Report


def _line(job: Job, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON holds
    told = {"walks": 1, "meant": 100, "hit": 99, "stray": 3, "deeds": 50, "cpu_s": 1.5}
    lists = {"ends": {"enrolled": 1}, "rejects": {}, "screens": {"welcome": 1}, "wrong": [], "dead_ends": []}
    return {"sigma_mm": job.sigma_mm, "panel": job.panel, "seed": job.seed, **told, **lists, **more}


def test_every_walk_is_walked_once_with_both_hands_everywhere() -> None:
    found = chunks(1000, 100, list(PANELS), 0)
    jobs = [job for chunk in found for job in chunk]
    assert Counter(job.sigma_mm for job in jobs) == {HAND_MM: 1000, BAD_DAY_MM: 100}
    assert len({(job.sigma_mm, job.seed) for job in jobs}) == 1100
    for chunk in found:
        assert len({job.panel for job in chunk}) == 1
        assert 1 <= sum(job.sigma_mm == BAD_DAY_MM for job in chunk) <= 3
    walks_of = Counter(job.panel for job in jobs)
    assert set(walks_of) == set(PANELS)
    assert max(walks_of.values()) - min(walks_of.values()) <= 20


def test_a_log_is_read_again_but_for_a_line_that_was_cut_off(tmp_path: Path) -> None:
    log = tmp_path / "walks.jsonl"
    assert walked(log) == walked(None) == []
    jobs = chunks(3, 1, ["800x480"], 10000)[0]
    whole = [json.dumps(_line(job)) for job in jobs]
    log.write_text("\n".join(whole[:2]) + "\n" + whole[2][:40])
    assert [job_of(line) for line in walked(log)] == jobs[:2]


def test_sums_keep_the_promise_only_where_every_hand_kept_it() -> None:
    report = Report()
    assert not report.holds(), "nobody walked"
    report.add(_line(Job(HAND_MM, "800x480", 1)))
    report.add(_line(Job(BAD_DAY_MM, "1280x800", 2), hit=90))
    assert report.holds()
    assert "presses meant 100, heard as meant 99 (99.00 %)" in report.text()
    report.add(_line(Job(HAND_MM, "1280x800", 3), hit=90))
    assert not report.holds(), "at 2.7 mm too few presses were heard"
    for broken in ({"wrong": ["yes was meant"]}, {"dead_ends": ["nothing happens"]}):
        other = Report()
        other.add(_line(Job(BAD_DAY_MM, "720x1280", 4), **broken))
        assert not other.holds(), broken
        assert "(seed 4)" in other.text()
