"""Templates in a module's working memory: of the finger just captured, and of another press to compare it with.

Nothing is ever stored in the library: no template outlives a power cut. Owns which buffer holds what.
"""

from drivers.errors import DeviceFault
from drivers.fingerprint.commands import Answer, Instruction
from drivers.fingerprint.connection import Counters
from drivers.fingerprint.exchange import CommandRefused, Exchange
from drivers.fingerprint.transfers import LARGEST_TEMPLATE_BYTES, Upload, download

OWN, OTHER = b"\x01", b"\x02"
"""The buffers of the finger just captured, and of what it is compared with."""


class WorkingTemplates:
    """The two buffers of one module. `size_bytes` is how long its templates are, 0 before the first."""

    def __init__(self, counters: Counters) -> None:
        self.size_bytes = 0
        self._counters = counters
        self._captured = False
        self._own: bytes | None = None

    def forget(self) -> None:
        """A new finger is awaited: what was captured before does not count any more."""
        self._captured, self._own = False, None

    def captured(self) -> None:
        """A finger has been captured, and its image brought: its features may be made now."""
        self._captured = True

    def features(self, exchange: Exchange) -> bytes | None:
        """Make the template of the finger just captured, once; see FingerprintSensor.features()."""
        if not self._captured:
            raise DeviceFault("fingerprint sensor: no finger was captured; lay one on the glass first")
        if self._own is None:
            try:
                exchange.ask(Instruction.EXTRACT, OWN)
            except CommandRefused as refused:
                if refused.code in (Answer.TOO_MESSY, Answer.TOO_FEW_FEATURES):
                    return None
                raise
            self._own = self._bring(exchange, OWN)
            self.size_bytes = len(self._own)
        return self._own

    def matches(self, exchange: Exchange, template: bytes) -> int:
        """Compare with a template of another press; see FingerprintSensor.matches()."""
        if self._own is None:
            raise DeviceFault("fingerprint sensor: there are no features to compare; capture the finger again")
        wire_s = self._load(exchange, template, self._own)
        try:
            score = exchange.ask(Instruction.MATCH, timeout_s=2.0 + 1.5 * wire_s)
        except CommandRefused as refused:
            if refused.code == Answer.NO_MATCH:
                return 0
            raise
        return int.from_bytes(score[:2], "big")

    def _load(self, exchange: Exchange, template: bytes, own: bytes) -> float:
        """Bring a template into the other buffer; gives the seconds that the line still needs.

        Nothing tells that it arrived whole, and the module would then compare with what lay there before. So on a line
        that has shown damage it is read back. (A module that sends its own one whatever is asked for cannot be read.)
        """
        if not 1 <= len(template) <= LARGEST_TEMPLATE_BYTES:
            raise DeviceFault(f"fingerprint sensor: {len(template)} bytes are no template of a module")
        for _ in range(2):
            wire_s = download(exchange, Instruction.DOWN_TEMPLATE, OTHER, template)
            if not self._counters.damaged_transfers:
                return wire_s
            if self._bring(exchange, OTHER, wire_s) in (template, own):
                return 0.0
        raise DeviceFault("fingerprint sensor: the module does not take the template: check the cable")

    def _bring(self, exchange: Exchange, number: bytes, wire_s: float = 0.0) -> bytes:
        """Bring a template; one of another length than this module's is taken when it comes so again."""
        seen: set[int] = set()

        def fits(count: int) -> bool:
            again = count in seen
            seen.add(count)
            return again or self.size_bytes in (0, count)

        timeout_s = 1.0 + 1.5 * wire_s
        upload = Upload(exchange, Instruction.UP_TEMPLATE, number, expected_bytes=None, fits=fits, timeout_s=timeout_s)
        try:
            return upload.bring()
        finally:
            self._counters.damaged_transfers += upload.damaged
