"""The steps of the office's database are one line: each follows another, and no two follow the same."""

import re
from collections import Counter
from pathlib import Path


def test_no_two_steps_follow_the_same_one(repository: Path) -> None:
    steps: dict[str, str] = {}
    for path in (repository / "kiosk" / "office" / "migrations" / "versions").glob("[0-9]*.py"):
        said = dict(re.findall(r'^(revision|down_revision) = "?(\w+)"?$', path.read_text("utf-8"), re.MULTILINE))
        steps[said["revision"]] = said["down_revision"]
    last = set(steps) - set(steps.values())
    twice = [before for before, n in Counter(steps.values()).items() if n > 1]
    assert not twice, f"two steps follow {twice}: the one that came later must follow the other of {sorted(last)}"
    assert len(last) == 1
    assert set(steps.values()) == set(steps) - last | {"None"}
