"""The stages of a reading, what each of them costs, and where an error came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.chip.commands import OK, Transmit
from kiosk.chip.errors import BadAnswer, ChipError


class Stage(StrEnum):
    """The stages of a reading, beside the files, which are stages under their own names (DG1, SOD, ...)."""

    CARD_ACCESS = "card_access"
    PACE = "pace"
    BAC = "bac"
    CHIP_AUTHENTICATION = "chip_authentication"
    ACTIVE_AUTHENTICATION = "active_authentication"


@dataclass(frozen=True, slots=True)
class StageEffort:
    """What one stage cost: commands sent, seconds in all, and how many of these the card and its reader took."""

    apdus: int = 0
    seconds: float = 0.0
    card_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Effort:
    """What a reading cost, in all and by stage, in the order in which the stages came."""

    apdus: int = 0
    seconds: float = 0.0
    stages: Mapping[str, StageEffort] = field(default_factory=dict[str, StageEffort])


class Clock:
    """Counts and times commands by stage, and sends none after the deadline."""

    def __init__(
        self,
        transmit: Transmit,
        longest_s: float,
        monotonic_s: Callable[[], float],
        on_stage: Callable[[str], None] | None = None,
    ) -> None:
        self._transmit = transmit
        self._on_stage = on_stage
        self.monotonic_s = monotonic_s
        self._since_s = self._began_s = monotonic_s()
        self._ends_at_s = self._began_s + longest_s
        self._stages: dict[str, StageEffort] = {}
        self._apdus = 0
        self._card_s = 0.0
        self.stage = ""
        self.status: int | None = None

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command. Raises BadAnswer after the deadline, and what the way to the card raises."""
        sent_s = self.monotonic_s()
        if sent_s > self._ends_at_s:
            raise BadAnswer("the card takes longer than any good one: lift it, wipe it and lay it down again")
        self._apdus += 1
        self.status = None
        try:
            answer = self._transmit(apdu)
        finally:
            self._card_s += self.monotonic_s() - sent_s
        self.status = int.from_bytes(answer[-2:], "big") if len(answer) > 1 else None
        return answer

    def begin(self, stage: str) -> None:
        """Another stage begins, or one that was left goes on."""
        now_s = self.monotonic_s()
        if self.stage:
            before = self._stages.get(self.stage, StageEffort())
            self._stages[self.stage] = StageEffort(
                before.apdus + self._apdus, before.seconds + now_s - self._since_s, before.card_seconds + self._card_s
            )
        if self._on_stage is not None and stage != self.stage:
            self._on_stage(stage)
        self.stage, self._since_s, self._apdus, self._card_s = stage, now_s, 0, 0.0

    def mark(self, error: ChipError) -> None:
        """Write into an error where the reading stood, and which status word of the card ended it."""
        error.stage = error.stage or self.stage
        cause: BaseException | None = error
        while error.status is None and cause is not None:
            error.status = cause.status if isinstance(cause, ChipError) else None
            cause = cause.__cause__
        if error.status is None and self.status not in (None, OK):
            error.status = self.status

    def effort(self) -> Effort:
        """Give what has been spent so far."""
        self.begin(self.stage)
        apdus = sum(stage.apdus for stage in self._stages.values())
        return Effort(apdus, self.monotonic_s() - self._began_s, dict(self._stages))
