"""Devices that may not be there yet: the kiosk starts without them, says so when needed, and takes them when they come.

This is no stand-in: while the device is missing every call says DeviceMissing, and the citizen sees a calm screen.
"""

import threading
from collections.abc import Callable

from drivers.card.api import CardReader, ReaderIdentity
from drivers.errors import DeviceError
from drivers.fingerprint.api import FingerprintSensor, PrintImage, RingColour, SensorHealth, SensorIdentity


class LateSensor:
    """A fingerprint sensor that is opened at its first use, and again at each use until that succeeds."""

    def __init__(self, open_sensor: Callable[[], FingerprintSensor], absent: SensorIdentity) -> None:
        """`absent` is what identity() says while there is none."""
        self._open = open_sensor
        self._absent = absent
        self._sensor: FingerprintSensor | None = None
        self._lock = threading.Lock()

    def identity(self) -> SensorIdentity:
        """Say which sensor this is, as far as it is known."""
        return self._absent if self._sensor is None else self._sensor.identity()

    def capture(
        self,
        timeout_s: float,
        on_touch: Callable[[], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        *,
        on_poor: Callable[[], None] | None = None,
    ) -> PrintImage:
        """Wait for a finger and bring its image. Raises DeviceMissing while there is no sensor."""
        return self._here().capture(timeout_s, on_touch, on_progress, on_poor=on_poor)

    def wait_for_lift(self, timeout_s: float) -> bool:
        """Wait until the glass is empty. Raises DeviceMissing while there is no sensor."""
        return self._here().wait_for_lift(timeout_s)

    def ring(self, colour: RingColour) -> None:
        """Show a colour. Raises DeviceMissing while there is no sensor."""
        self._here().ring(colour)

    def features(self) -> bytes | None:
        """Bring a template of the finger just captured. Raises DeviceMissing while there is no sensor."""
        return self._here().features()

    def features_of(self, image: PrintImage) -> bytes | None:
        """Bring a template of an image captured before. Raises DeviceMissing while there is no sensor."""
        return self._here().features_of(image)

    def matches(self, template: bytes) -> int:
        """Compare the finger just captured with a template. Raises DeviceMissing while there is no sensor."""
        return self._here().matches(template)

    def empty_library(self) -> None:
        """Delete every stored template. Raises DeviceMissing while there is no sensor."""
        self._here().empty_library()

    def health(self) -> SensorHealth:
        """Say how well the sensor has served; nothing while there is none."""
        return SensorHealth() if self._sensor is None else self._sensor.health()

    def wipe(self) -> None:
        """Empty the module. Raises DeviceMissing while there is no sensor."""
        self._here().wipe()

    def cancel(self) -> None:
        """End a running call; harmless when idle or missing."""
        if self._sensor is not None:
            self._sensor.cancel()

    def close(self) -> None:
        """Release the port; safe to call twice."""
        if self._sensor is not None:
            self._sensor.close()

    def _here(self) -> FingerprintSensor:
        with self._lock:
            if self._sensor is None:
                self._sensor = self._open()
            return self._sensor


class LateReader:
    """A card reader that is opened at its first use, and again at each use until that succeeds."""

    def __init__(self, open_reader: Callable[[], CardReader], absent: ReaderIdentity) -> None:
        """`absent` is what identity() says while there is none."""
        self._open = open_reader
        self._absent = absent
        self._reader: CardReader | None = None
        self._lock = threading.Lock()

    def identity(self) -> ReaderIdentity:
        """Say which reader this is, as far as it is known."""
        if self._reader is None:
            return self._absent
        try:
            return self._reader.identity()
        except DeviceError:
            return self._absent

    def wait_for_card(self, timeout_s: float) -> bytes:
        """Wait for a card. Raises DeviceMissing while there is no reader."""
        return self._here().wait_for_card(timeout_s)

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command. Raises DeviceMissing while there is no reader."""
        return self._here().transmit(apdu)

    def disconnect(self) -> None:
        """Let go of the card; harmless without one."""
        if self._reader is not None:
            self._reader.disconnect()

    def cancel(self) -> None:
        """End a running wait; harmless when idle or missing."""
        if self._reader is not None:
            self._reader.cancel()

    def close(self) -> None:
        """Release the reader; safe to call twice."""
        if self._reader is not None:
            self._reader.close()

    def _here(self) -> CardReader:
        with self._lock:
            if self._reader is None:
                self._reader = self._open()
            return self._reader
