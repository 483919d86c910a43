"""The parts of the village that the dock can end and start again: broker, office, uplink, and the kiosk app itself."""

from collections.abc import Callable, Mapping

from kiosk.demo.dock import DockError, Switch
from kiosk.demo.founding import Village, VillageError
from kiosk.office.errors import OfficeError


class _Part:
    """One part; `end` and `start` may block for seconds."""

    def __init__(self, on: Callable[[], bool], end: Callable[[], None], start: Callable[[], None]) -> None:
        self._on = on
        self._end = end
        self._start = start

    @property
    def on(self) -> bool:
        """Whether it runs."""
        return self._on()

    def turn(self, on: bool) -> None:
        """End or start it. Raises DockError."""
        try:
            (self._start if on else self._end)()
        except (OfficeError, VillageError) as error:
            raise DockError(str(error)) from error


def village_switches(village: Village) -> Mapping[str, Switch]:
    """Give the switches of a founded village. The kiosk is killed, as by a power cut; the others end orderly."""
    processes, broker = village.processes, village.broker
    switches: dict[str, Switch] = {}
    if broker is not None:
        switches["broker"] = _Part(lambda: broker.pid is not None, broker.stop, broker.start)
    for name, start in (("office", village.start_office), ("uplink", village.start_uplink)):
        switches[name] = _process(village, name, start)
    switches["kiosk"] = _Part(
        lambda: "kiosk" in processes.running, lambda: processes.kill("kiosk"), village.start_kiosk
    )
    return switches


def _process(village: Village, name: str, start: Callable[[], None]) -> Switch:
    return _Part(lambda: name in village.processes.running, lambda: village.processes.stop(name), start)
