"""What the law asks to be captured, and what each slot of it was filled with.

The plan is data (config/capture_plan.toml), because decrees change it. Every slot ends in exactly one of three states:
filled, excepted with a reason, or not possible on this sensor. A slot without a state is an unfinished enrolment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, cast

from kiosk.domain.errors import BadPlan
from kiosk.domain.quality import PrintVerdict


class Finger(StrEnum):
    """The ten fingers, in the order in which they are asked for."""

    RIGHT_THUMB = "right_thumb"
    RIGHT_INDEX = "right_index"
    RIGHT_MIDDLE = "right_middle"
    RIGHT_RING = "right_ring"
    RIGHT_LITTLE = "right_little"
    LEFT_THUMB = "left_thumb"
    LEFT_INDEX = "left_index"
    LEFT_MIDDLE = "left_middle"
    LEFT_RING = "left_ring"
    LEFT_LITTLE = "left_little"


class SlotKind(StrEnum):
    """How a slot is captured."""

    SINGLE_FLAT = "single_flat"
    FLAT_FOUR = "flat_four"
    FLAT_THUMBS = "flat_thumbs"
    ROLLED = "rolled"
    PORTRAIT = "portrait"
    IRIS = "iris"


class ExceptionReason(StrEnum):
    """Why a slot cannot be filled (the paper rule: write down the state of each print that cannot be taken)."""

    MISSING = "missing"
    INJURED = "injured"
    DEFORMED = "deformed"
    WORN = "worn"
    REFUSED = "refused"


#: What a kiosk with a single-finger sensor and a portrait camera can capture.
KIOSK_ABILITIES: Final = frozenset({SlotKind.SINGLE_FLAT, SlotKind.PORTRAIT})


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing the plan asks for. `finger` is set for the kinds that capture one finger."""

    id: str
    kind: SlotKind
    finger: Finger | None = None
    #: The slot of the legal plan that this one stands in for, where the kiosk captures in its own way.
    stands_for: str | None = None


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """All slots, in the order in which they are asked for, and the regulation that asks."""

    source: str
    slots: tuple[Slot, ...]

    def possible(self) -> tuple[Slot, ...]:
        """Give the slots that this kind of kiosk can capture."""
        return tuple(slot for slot in self.slots if slot.kind in KIOSK_ABILITIES)

    def prints(self) -> tuple[Slot, ...]:
        """Give the single-finger slots in order."""
        return tuple(slot for slot in self.slots if slot.kind is SlotKind.SINGLE_FLAT)

    def impossible(self) -> tuple[Slot, ...]:
        """Give the slots that no sensor of this kiosk can fill."""
        return tuple(slot for slot in self.slots if slot.kind not in KIOSK_ABILITIES)


@dataclass(frozen=True, slots=True)
class Filled:
    """The slot holds a capture: its id, quality 0..100, verdict, the tries it took and the sensor that took it."""

    capture: str
    quality: int | None
    verdict: PrintVerdict | None
    tries: int
    sensor: str
    state: Literal["filled"] = "filled"


@dataclass(frozen=True, slots=True)
class Excepted:
    """The slot cannot be filled, and this is why. `tries` counts the captures made before."""

    reason: ExceptionReason
    tries: int = 0
    state: Literal["excepted"] = "excepted"


@dataclass(frozen=True, slots=True)
class NotPossible:
    """No sensor of this kiosk can fill the slot."""

    state: Literal["not_possible"] = "not_possible"


SlotState = Filled | Excepted | NotPossible


def _slot(row: Mapping[str, Any], place: str) -> Slot:
    unknown = set(row) - {"id", "kind", "finger", "stands_for"}
    if unknown:
        raise BadPlan(f"{place}: unknown key {min(unknown)!r}")
    try:
        kind = SlotKind(row["kind"])
        finger = Finger(row["finger"]) if "finger" in row else None
        slot = Slot(str(row["id"]), kind, finger, row.get("stands_for"))
    except KeyError as error:
        raise BadPlan(f"{place}: {error.args[0]} is missing") from error
    except ValueError as error:
        raise BadPlan(f"{place}: {error}") from error
    if kind in {SlotKind.SINGLE_FLAT, SlotKind.ROLLED} and finger is None:
        raise BadPlan(f"{place}: a slot of kind {kind.value} names its finger")
    return slot


def plan_from(table: Mapping[str, Any]) -> CapturePlan:
    """Build a plan from the parsed TOML of config/capture_plan.toml. Raises BadPlan, naming the row."""
    rows: Any = table.get("slot")
    if not isinstance(rows, list) or not rows:
        raise BadPlan("the plan has no [[slot]]")
    slots = tuple(
        _slot(row, f"slot {index}") for index, row in enumerate(cast("Sequence[Mapping[str, Any]]", rows), start=1)
    )
    names = [slot.id for slot in slots]
    doubles = {name for name in names if names.count(name) > 1}
    if doubles:
        raise BadPlan(f"slot {min(doubles)!r} stands twice in the plan")
    fingers = [slot.finger for slot in slots if slot.kind is SlotKind.SINGLE_FLAT]
    if len(set(fingers)) != len(fingers):
        raise BadPlan("a finger is asked for twice")
    portraits = sum(slot.kind is SlotKind.PORTRAIT for slot in slots)
    if portraits != 1:
        raise BadPlan(f"the plan asks for {portraits} portraits, and a kiosk takes one")
    return CapturePlan(str(table.get("source", "")), slots)
