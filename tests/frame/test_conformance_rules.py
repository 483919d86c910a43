"""A new rule of the protocol is not overlooked by the conformance test."""

from pathlib import Path

import pytest

from kiosk.conformance import outside
from kiosk.conformance.findings import Side, rules_of


@pytest.mark.parametrize(("side", "unseen"), [(Side.OFFICE, outside.OFFICE), (Side.KIOSK, outside.KIOSK)])
def test_every_rule_of_a_side_is_looked_at_or_said_not_to_be_seen_from_outside(
    repository: Path, side: Side, unseen: dict[str, str]
) -> None:
    scenes = "".join(
        path.read_text("utf-8")
        for path in (repository / "kiosk" / "conformance").glob("*.py")
        if path.name != "outside.py"
    )
    missing = [rule for rule in rules_of(side) if rule not in scenes and rule not in unseen]
    assert missing == [], "look at it in a scene of kiosk/conformance, or say in outside.py why nobody can see it"
    assert unseen.keys() <= set(rules_of(side))
