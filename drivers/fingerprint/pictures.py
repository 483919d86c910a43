"""The picture that a module holds, brought whole and unpacked.

Owns its size (told by the module, declared, or shown by the first picture) and what is done when the line spoils it.
"""

from collections.abc import Callable
from dataclasses import replace

from drivers.fingerprint.api import PrintImage
from drivers.fingerprint.commands import Instruction
from drivers.fingerprint.connection import Connection
from drivers.fingerprint.exchange import Exchange
from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.profiles import SIZE_BY_BYTES
from drivers.fingerprint.transfers import TransferDamaged, Upload


class Pictures:
    """The pictures of one module. `interrupt` may raise to leave a picture half brought."""

    def __init__(self, connection: Connection, interrupt: Callable[[], None]) -> None:
        self._connection = connection
        self._interrupt = interrupt

    def bring(
        self, exchange: Exchange, on_progress: Callable[[int, int], None] | None, *, poor: bool = False
    ) -> PrintImage:
        """Bring the picture, at a lower rate when this one spoils it: it stays in the module meanwhile.

        Raises TransferDamaged, CommandRefused when the module holds none, DeviceFault for a size that cannot be.
        """
        while True:
            try:
                packed = self._bring_once(exchange, on_progress)
                break
            except TransferDamaged:
                if not self._connection.slow_down():
                    raise
        self._connection.counters.captures += 1
        self._connection.counters.poor_images += poor
        return self._unpacked(packed, poor=poor)

    def _bring_once(self, exchange: Exchange, on_progress: Callable[[int, int], None] | None) -> bytes:
        facts = self._connection.facts
        expected = facts.identity.width_px * facts.identity.height_px // 2
        upload = Upload(
            exchange,
            Instruction.UP_IMAGE,
            expected_bytes=expected,
            fits=lambda count: count == expected or (not facts.size_known and count in SIZE_BY_BYTES),
            interrupt=self._interrupt,
        )
        try:
            for progress in upload:
                if on_progress is not None:
                    on_progress(progress.bytes_so_far, expected)
        finally:
            self._connection.counters.damaged_transfers += upload.damaged
        return upload.data

    def _unpacked(self, packed: bytes, *, poor: bool) -> PrintImage:
        facts = self._connection.facts
        identity = facts.identity
        if len(packed) * 2 != identity.width_px * identity.height_px:
            width_px, height_px = SIZE_BY_BYTES[len(packed)]
            identity = replace(identity, width_px=width_px, height_px=height_px)
        self._connection.facts = replace(facts, identity=identity, size_known=True)
        return PrintImage(identity.width_px, identity.height_px, identity.dpi, unpack_pixels(packed), poor)
