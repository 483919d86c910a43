"""What the law asks to be captured, and what each slot of it was filled with.

The plan is data (config/capture_plan.toml), because decrees change it. Every slot ends in exactly one of four states:
filled, excepted with a reason, not possible on this sensor, or dealt with at the earlier visit that this one
supplements. A slot without a state is an unfinished enrolment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, cast

from kiosk.domain.errors import BadPlan
from kiosk.domain.experience import Attempt
from kiosk.domain.portrait import PortraitNote
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
    #: Neither refused nor impossible: the citizen gives it at a later visit.
    ANOTHER_DAY = "another_day"
    #: The sensor did not answer; for the officer to choose, when it is known to be out of order.
    SENSOR = "sensor"


class Impression(StrEnum):
    """How a finger met the sensor, in the words of ISO/IEC 39794-4 (impression)."""

    PLAIN_CONTACT = "plainContact"
    ROLLED_CONTACT = "rolledContact"


class Position(StrEnum):
    """Which finger it is, in the words of ISO/IEC 39794-4 (position)."""

    RIGHT_THUMB = "rightThumbFinger"
    RIGHT_INDEX = "rightIndexFinger"
    RIGHT_MIDDLE = "rightMiddleFinger"
    RIGHT_RING = "rightRingFinger"
    RIGHT_LITTLE = "rightLittleFinger"
    LEFT_THUMB = "leftThumbFinger"
    LEFT_INDEX = "leftIndexFinger"
    LEFT_MIDDLE = "leftMiddleFinger"
    LEFT_RING = "leftRingFinger"
    LEFT_LITTLE = "leftLittleFinger"


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

    def slot_of(self, finger: Finger) -> Slot | None:
        """Give the single-finger slot of a finger, or None when the plan does not ask for it."""
        return next((slot for slot in self.prints() if slot.finger is finger), None)

    def impossible(self) -> tuple[Slot, ...]:
        """Give the slots that no sensor of this kiosk can fill."""
        return tuple(slot for slot in self.slots if slot.kind not in KIOSK_ABILITIES)


@dataclass(frozen=True, slots=True)
class Filled:
    """The slot holds a capture: its id, quality 0..100, verdict, the tries it took and the sensor that took it.

    A print is the best of its `attempts`, whose figures are all kept in the order in which they were made; `position`
    and `impression` say which finger it is and how it met the sensor. Size and dpi stand with the capture. A portrait
    is the best of its `tries`, and `portrait` what was measured on it.
    """

    capture: str
    quality: int | None
    verdict: PrintVerdict | None
    tries: int
    sensor: str
    state: Literal["filled"] = "filled"
    position: Position | None = None
    impression: Impression | None = None
    attempts: tuple[Attempt, ...] = ()
    portrait: PortraitNote | None = None


@dataclass(frozen=True, slots=True)
class Excepted:
    """The slot cannot be filled, and this is why. `tries` counts the captures made before; `officer` wrote it down."""

    reason: ExceptionReason
    tries: int = 0
    state: Literal["excepted"] = "excepted"
    position: Position | None = None
    attempts: tuple[Attempt, ...] = ()
    officer: str = ""


@dataclass(frozen=True, slots=True)
class NotPossible:
    """No sensor of this kiosk can fill the slot."""

    state: Literal["not_possible"] = "not_possible"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The slot was dealt with at the earlier visit that this one supplements; its print, if any, lies in that package.

    Of a weak one stands here what was known: `quality` 0..100 and `verdict` of a print, or the `reason` for none. It is
    asked for `again` until it was tried at this visit; that it then still stands here says that nothing better came,
    and `attempts` are the tries of this visit.
    """

    quality: int | None = None
    verdict: PrintVerdict | None = None
    reason: ExceptionReason | None = None
    again: bool = False
    state: Literal["earlier"] = "earlier"
    position: Position | None = None
    attempts: tuple[Attempt, ...] = ()


SlotState = Filled | Excepted | NotPossible | Earlier

WORTH_ANOTHER_VISIT: Final = frozenset(
    {ExceptionReason.WORN, ExceptionReason.INJURED, ExceptionReason.SENSOR, ExceptionReason.ANOTHER_DAY}
)
"""Reasons that may be gone another day: skin heals and grows again, a sensor is replaced, the citizen said so."""


def is_weak(state: SlotState | None, *, good_from: int) -> bool:
    """Say whether a print slot is worth asking for again at a later visit: not good, or excepted for a passing reason.

    A print is good when its verdict is and its quality is at least `good_from`. An empty slot is not weak but open.
    """
    match state:
        case Earlier(reason=ExceptionReason() as reason) | Excepted(reason=reason):
            return reason in WORTH_ANOTHER_VISIT
        case Filled(quality=quality, verdict=PrintVerdict() as verdict):
            return verdict is not PrintVerdict.GOOD or (quality or 0) < good_from
        case Earlier(quality=quality, verdict=PrintVerdict() as verdict):
            return verdict is not PrintVerdict.GOOD or (quality or 0) < good_from
        case _:
            return False


_SLOT_KEYS: Final = frozenset({"id", "kind", "finger", "stands_for"})


def _slot(row: object, place: str, faults: list[str]) -> Slot | None:
    """Read one row; what is wrong with it is added to `faults`."""
    if not isinstance(row, Mapping):
        faults.append(f"{place}: is not a table")
        return None
    table = cast("Mapping[str, object]", row)
    found = [f"{place}: unknown key {key!r}" for key in sorted(set(table) - _SLOT_KEYS)]
    found += [f"{place}: {key} is missing" for key in ("id", "kind") if key not in table]
    found += [
        f"{place}: {key} must be a text that is not empty"
        for key in sorted(_SLOT_KEYS & set(table))
        if not (isinstance(table[key], str) and table[key])
    ]
    if not found:
        texts = {key: str(value) for key, value in table.items()}
        found += _unknown(texts["kind"], SlotKind, place)
        if "finger" in texts:
            found += _unknown(texts["finger"], Finger, place)
        elif texts["kind"] in {SlotKind.SINGLE_FLAT, SlotKind.ROLLED}:
            found.append(f"{place}: a slot of kind {texts['kind']} names its finger")
        if not found:
            finger = Finger(texts["finger"]) if "finger" in texts else None
            return Slot(texts["id"], SlotKind(texts["kind"]), finger, texts.get("stands_for"))
    faults += found
    return None


def _unknown(value: str, known: type[StrEnum], place: str) -> list[str]:
    names = [one.value for one in known]
    return [] if value in names else [f"{place}: {value!r} is none of {', '.join(names)}"]


def _contradictions(slots: Sequence[Slot]) -> list[str]:
    """Name what does not fit together in rows that are each in order."""
    ids = [slot.id for slot in slots]
    fingers = [slot.finger.value for slot in slots if slot.kind is SlotKind.SINGLE_FLAT and slot.finger is not None]
    faults = [f"slot {name!r} stands twice in the plan" for name in sorted(set(ids)) if ids.count(name) > 1]
    faults += [f"{name} is asked for twice" for name in sorted(set(fingers)) if fingers.count(name) > 1]
    faults += [
        f"slot {slot.id!r} stands for {slot.stands_for!r}, which is not in the plan"
        for slot in slots
        if slot.stands_for is not None and slot.stands_for not in ids
    ]
    portraits = sum(slot.kind is SlotKind.PORTRAIT for slot in slots)
    if portraits != 1:
        faults.append(f"the plan asks for {portraits} portraits, and a kiosk takes one")
    return faults


def plan_from(table: Mapping[str, object]) -> CapturePlan:
    """Build a plan from the parsed TOML of config/capture_plan.toml. Raises BadPlan, naming every fault and its row."""
    rows = table.get("slot")
    if not isinstance(rows, list) or not rows:
        raise BadPlan("the plan has no [[slot]]")
    faults = [f"unknown key {key!r}" for key in sorted(set(table) - {"slot", "source"})]
    source = table.get("source", "")
    if not isinstance(source, str):
        faults.append("source must be a text")
    read = [_slot(row, f"slot {n}", faults) for n, row in enumerate(cast("list[object]", rows), start=1)]
    slots = tuple(slot for slot in read if slot is not None)
    if not faults:
        faults = _contradictions(slots)
    if faults:
        raise BadPlan("; ".join(faults))
    return CapturePlan(str(source), slots)
