"""Images and templates in data packets: up from the module, told step by step, and down to it.

Data packets are never acknowledged, so the only remedy for a bad one is to ask for the whole again; the module still
holds what it sent, and nobody has to press again. Owns when a transfer counts as whole: every byte belonged to a
packet, every sum was right, all packets but the last were of one size, and the length is one that this module sends.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from drivers.errors import DeviceFault
from drivers.fingerprint.commands import Instruction
from drivers.fingerprint.exchange import Exchange
from drivers.fingerprint.packets import PacketKind

TRIES = 3
GAP_S = 0.5
LARGEST_TEMPLATE_BYTES = 2048
MAX_TRANSFER_BYTES = 1 << 20


class TransferDamaged(DeviceFault):
    """A data transfer lost or changed bytes, as often as it was asked for."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has come. `left_s` is the time that the wire needs for the rest; both None without a size."""

    bytes_so_far: int
    expected_bytes: int | None
    left_s: float | None


class Upload:
    """An image or a template on its way up: iterate over it to bring it, `data` is whole when the iteration ends.

    `fits` says whether a length can be right. `interrupt` may raise to leave the transfer, the rest of which is drained
    before the next command. Iterating raises TransferDamaged when the line spoils every try, DeviceFault when the
    length is wrong every time, CommandRefused when the module has nothing to send, DeviceGone.
    """

    def __init__(
        self,
        exchange: Exchange,
        instruction: Instruction,
        content: bytes = b"",
        *,
        expected_bytes: int | None,
        fits: Callable[[int], bool] = bool,
        interrupt: Callable[[], None] | None = None,
        timeout_s: float | None = None,
    ) -> None:
        self.data = b""
        self.damaged = 0
        self._exchange = exchange
        self._instruction = instruction
        self._content = content
        self._expected_bytes = expected_bytes
        self._fits = fits
        self._interrupt = interrupt
        self._timeout_s = timeout_s

    def __iter__(self) -> Generator[Progress]:
        """Bring it, asking again after damage."""
        what = "image" if self._instruction is Instruction.UP_IMAGE else "template"
        trouble = TransferDamaged(
            f"the fingerprint sensor's {what} arrived damaged: check the cable, or use a lower rate"
        )
        wrong: DeviceFault | None = None
        for _ in range(TRIES):
            self._check_interrupt()
            self._exchange.ask(self._instruction, self._content, timeout_s=self._timeout_s)
            whole = yield from self._once()
            if whole and self._fits(len(self.data)):
                return
            self.damaged += 1
            wrong = self._wrong_length(what) if whole else None
        raise wrong or trouble

    def bring(self) -> bytes:
        """Bring it without telling of its progress."""
        for _ in self:
            pass
        return self.data

    def _once(self) -> Generator[Progress, None, bool]:
        """Collect packets up to the end packet; True when nothing was amiss."""
        exchange, data = self._exchange, bytearray()
        damage_before, size = exchange.damage, 0
        largest = self._expected_bytes or LARGEST_TEMPLATE_BYTES
        deadline_s = exchange.now_s() + 1.5 * exchange.wire_s(largest) + 1.0
        exchange.leave_unsettled(unsettled=True)
        while len(data) < MAX_TRANSFER_BYTES:
            self._check_interrupt()
            packet = exchange.await_packet(deadline_s, GAP_S)
            if packet is None or packet.kind is PacketKind.ACK:
                return False
            size = size or len(packet.content)
            data += packet.content
            yield self._progress(len(data))
            if packet.kind is PacketKind.END:
                exchange.leave_unsettled(unsettled=False)
                self.data = bytes(data)
                return exchange.damage == damage_before and len(packet.content) <= size
            if len(packet.content) != size:
                return False
        return False

    def _progress(self, so_far: int) -> Progress:
        expected = self._expected_bytes
        left_s = None if expected is None else self._exchange.wire_s(max(0, expected - so_far))
        return Progress(so_far, expected, left_s)

    def _wrong_length(self, what: str) -> DeviceFault:
        wanted = "" if self._expected_bytes is None else f" instead of {self._expected_bytes}"
        return DeviceFault(
            f"fingerprint sensor: the {what} came with {len(self.data)} bytes{wanted}: "
            "check the cable, and the profile in the settings"
        )

    def _check_interrupt(self) -> None:
        if self._interrupt is not None:
            self._interrupt()


def download(exchange: Exchange, instruction: Instruction, content: bytes, data: bytes) -> float:
    """Send an image or a template down; gives the seconds that the line needs for it after this has returned.

    Nothing tells at once that it arrived: the answer to the next command comes when the module has taken it all.
    """
    exchange.ask(instruction, content)
    return exchange.send_data(data)
