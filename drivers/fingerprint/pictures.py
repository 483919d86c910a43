"""The picture that a module holds, brought whole and unpacked.

Owns its size (told by the module, declared, or shown by the first picture) and what is done when the line spoils it.
"""

from collections.abc import Callable
from dataclasses import replace

from drivers.errors import DeviceFault
from drivers.fingerprint.api import PrintImage, SensorIdentity
from drivers.fingerprint.commands import Instruction
from drivers.fingerprint.connection import Connection
from drivers.fingerprint.exchange import Exchange
from drivers.fingerprint.packets import pack_pixels, unpack_pixels
from drivers.fingerprint.profiles import SIZE_BY_BYTES
from drivers.fingerprint.transfers import TransferDamaged, Upload, download


class Pictures:
    """The pictures of one module. `interrupt` may raise to leave a picture half brought."""

    def __init__(self, connection: Connection, interrupt: Callable[[], None]) -> None:
        self._connection = connection
        self._interrupt = interrupt
        self._takes_pictures: SensorIdentity | None = None

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

    def put_back(self, exchange: Exchange, image: PrintImage) -> None:
        """Send a picture down into the module's image buffer.

        Nothing tells that it got there, and a template would then be one of what lay there before. So the first picture
        of each module, and every one on a line that has shown damage, is brought up again and compared. Raises
        CommandRefused, and DeviceFault when the module keeps none or has another size.
        """
        identity = self._connection.facts.identity
        if (image.width_px, image.height_px) != (identity.width_px, identity.height_px):
            raise DeviceFault(
                f"fingerprint sensor: a picture of {image.width_px} x {image.height_px} px is none of this module's, "
                f"which has {identity.width_px} x {identity.height_px}"
            )
        packed = pack_pixels(image.grey)
        wire_s = download(exchange, Instruction.DOWN_IMAGE, b"", packed)
        exchange.verify_password(timeout_s=1.5 * wire_s + 1.0, attempts=1)
        if identity == self._takes_pictures and not self._connection.counters.damaged_transfers:
            return
        if self._bring_once(exchange, None) != packed:
            raise DeviceFault("fingerprint sensor: the module does not keep a picture that is sent to it")
        self._takes_pictures = identity

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
