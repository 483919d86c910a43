"""The document desk: looks for a card on the reader and a QR before the camera at once; tells who the citizen is."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from drivers.camera.api import Camera
from drivers.card.api import CardReader
from drivers.errors import DeviceCancelled, DeviceError, DeviceGone, DeviceTimeout
from kiosk.chip.errors import BadQr, CardLost, ChipError, WrongKey
from kiosk.chip.expiry import mrz_keys_from_qr, mrz_keys_from_typed
from kiosk.chip.keys import MrzKey
from kiosk.chip.memory import ReaderMemory
from kiosk.chip.qr import QrIdentity, find_qr, parse_qr
from kiosk.chip.reading import EVERYTHING, ChipRead, PartialRead, ReadProgress, read_chip
from kiosk.domain.card_proof import CardProof
from kiosk.journey.effects import ReadChip
from kiosk.journey.events import (
    CardNeedsKey,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    Event,
)
from kiosk.runtime.identities import document_read
from kiosk.runtime.officer_cards import OFFICER_FILES, CardUnproven, factor_of
from kiosk.runtime.posting import Post
from kiosk.runtime.worker import Worker
from kiosk.sealing.cardfactor import CardFactor

log = logging.getLogger(__name__)

#: One look at the reader; between two of them the camera is looked at.
_LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one of card and QR is waited for when the other is there already, in seconds."""

    card_after_qr_s: float = 5.0
    qr_after_card_s: float = 6.0


class DocumentDesk:
    """Card reader and camera together. start() and stop() come from the session; the work is on the card's thread."""

    def __init__(
        self,
        reader: CardReader | None,
        camera: Camera,
        worker: Worker,
        *,
        post: Post,
        monotonic_s: Callable[[], float],
        today: Callable[[], date],
        judge: Callable[[ChipRead], CardProof],
        patience: Patience | None = None,
    ) -> None:
        """Take hold of the devices; `reader` is None when the kiosk has none (the QR alone is read then).

        `judge` says what a card that was read could prove.
        """
        self._reader = reader
        self._camera = camera
        self._worker = worker
        self._post = post
        self._monotonic_s = monotonic_s
        self._today = today
        self._judge = judge
        self._patience = patience or Patience()
        self._stopped = threading.Event()
        self._stopped.set()

    def start(self) -> None:
        """Begin to look for documents; an earlier search is over."""
        self.stop()
        self._stopped = stopped = threading.Event()
        self._worker.do(lambda: self._look(stopped, None))

    def start_with(self, typed: ReadChip) -> None:
        """Read the card with a typed key."""
        self.stop()
        self._stopped = stopped = threading.Event()
        self._worker.do(lambda: self._look(stopped, typed))

    def start_officer(self, typed: ReadChip | None, deliver: Callable[[CardFactor], None]) -> None:
        """Read an officer's own card and let it prove itself; what it adds to the vault goes to `deliver` alone."""
        self.stop()
        self._stopped = stopped = threading.Event()
        self._worker.do(lambda: self._look(stopped, typed, deliver))

    def stop(self) -> None:
        """Stop looking; a read under way ends at its next command."""
        self._stopped.set()
        if self._reader is not None:
            self._reader.cancel()

    def _look(
        self,
        stopped: threading.Event,
        typed: ReadChip | None,
        deliver: Callable[[CardFactor], None] | None = None,
    ) -> None:
        search = _Search(self, stopped, typed, deliver)
        try:
            search.run()
        except DeviceCancelled:
            return
        finally:
            if self._reader is not None:
                self._reader.disconnect()

    def post(self, stopped: threading.Event, event: Event) -> None:
        """Tell the session, unless it has stopped asking."""
        if not stopped.is_set():
            self._post(event)

    @property
    def reader(self) -> CardReader | None:
        """The reader, where there is one."""
        return self._reader

    @property
    def camera(self) -> Camera:
        """The camera."""
        return self._camera

    @property
    def patience(self) -> Patience:
        """How long is waited."""
        return self._patience

    def now_s(self) -> float:
        """Give the monotonic time."""
        return self._monotonic_s()

    def today(self) -> date:
        """Give today's date."""
        return self._today()

    def judge(self, chip: ChipRead) -> CardProof:
        """Say what a card could prove."""
        return self._judge(chip)


class _Search:
    """One search, from start() to stop() or to a result."""

    def __init__(
        self,
        desk: DocumentDesk,
        stopped: threading.Event,
        typed: ReadChip | None,
        deliver: Callable[[CardFactor], None] | None,
    ) -> None:
        self._desk = desk
        self._stopped = stopped
        self._typed = typed
        self._deliver = deliver
        self._qr: QrIdentity | None = None
        self._qr_at_s = 0.0
        self._card_at_s: float | None = None
        self._asked = typed is not None
        self._frame = -1
        self._trouble_told = False
        self._so_far: PartialRead | None = None

    def run(self) -> None:
        while not self._stopped.is_set():
            if self._qr is None:
                self._look_at_camera()
            if self._look_at_reader():
                if self._try_chip():
                    return
            elif self._waited_for_card():
                self._finish(None)
                return

    def _look_at_camera(self) -> None:
        try:
            frame = self._desk.camera.newest()
        except DeviceError:
            # The portrait step will call the officer for a dead camera; the card can still be read without it.
            return
        if frame is None or frame.number == self._frame:
            return
        self._frame = frame.number
        text = find_qr(frame.rgba, frame.width_px, frame.height_px)
        if text is None:
            return
        try:
            self._qr = parse_qr(text)
        except BadQr as error:
            log.info("a QR that is no ID card's: %s", error)
            return
        self._qr_at_s = self._desk.now_s()

    def _look_at_reader(self) -> bool:
        reader = self._desk.reader
        if reader is None:
            self._stopped.wait(_LOOK_S)
            return False
        try:
            reader.wait_for_card(_LOOK_S)
        except DeviceTimeout:
            self._card_at_s = None
            self._reader_answers()
            return False
        except DeviceCancelled:
            return False
        except DeviceError as error:
            self._card_at_s = None
            if not self._trouble_told:
                log.warning("card reader: %s", error)
                self._trouble_told = True
                self._desk.post(self._stopped, DeviceTrouble("card", type(error).__name__))
            self._stopped.wait(_LOOK_S)
            return False
        self._reader_answers()
        if self._card_at_s is None:
            self._card_at_s = self._desk.now_s()
        return True

    def _reader_answers(self) -> None:
        if self._trouble_told:
            self._trouble_told = False
            self._desk.post(self._stopped, DeviceRecovered("card"))

    def _waited_for_card(self) -> bool:
        # An officer's code alone proves nothing: the card is waited for.
        return (
            self._deliver is None
            and self._qr is not None
            and self._desk.now_s() - self._qr_at_s >= self._desk.patience.card_after_qr_s
        )

    def _keys(self) -> Sequence[MrzKey]:
        if self._typed is not None:
            return mrz_keys_from_typed(self._typed.number, self._typed.born, self._typed.expires)
        return mrz_keys_from_qr(self._qr) if self._qr is not None else ()

    def _try_chip(self) -> bool:
        """Read the chip if there is a key. True when the search is over."""
        keys = self._keys()
        reader = self._desk.reader
        if not keys or reader is None:
            waited = self._desk.now_s() - (self._card_at_s or 0.0)
            if not self._asked and waited >= self._desk.patience.qr_after_card_s:
                self._asked = True
                self._desk.post(self._stopped, CardNeedsKey())
            self._stopped.wait(_LOOK_S)
            return False
        self._desk.post(self._stopped, DocumentProgress(0))
        try:
            chip = read_chip(
                self._transmit,
                keys,
                wanted=EVERYTHING if self._deliver is None else OFFICER_FILES,
                so_far=self._so_far,
                on_progress=self._progress,
                # A card that was lifted has its own memory in what was kept of it.
                memory=None if self._so_far else ReaderMemory(reader_extended=reader.identity().extended),
            )
        except CardLost as error:
            self._so_far = error.so_far
            self._card_at_s = None
            self._desk.post(self._stopped, DocumentFailed("lifted"))
            return False
        except ChipError as error:
            log.warning("chip: %s", type(error).__name__)
            self._without_chip("wrong_key" if isinstance(error, WrongKey) else "unreadable")
            return True
        if self._deliver is None:
            self._finish(chip)
        else:
            self._hand_over(chip, self._deliver)
        return True

    def _hand_over(self, chip: ChipRead, deliver: Callable[[CardFactor], None]) -> None:
        """Give what an officer's card adds to the vault, once it has proven itself."""
        try:
            factor = factor_of(chip, self._desk.judge(chip))
        except CardUnproven as error:
            log.warning("an officer's card is not accepted: %s", error)
            self._desk.post(self._stopped, DocumentFailed("unproven"))
            return
        if not self._stopped.is_set():
            deliver(factor)

    def _without_chip(self, reason: str) -> None:
        """Go on without the chip: the QR alone serves where it was read; else the session is told why."""
        typed = self._typed
        if self._deliver is None and self._qr is not None and (typed is None or typed.number == self._qr.number):
            self._finish(None, chip_fault=reason)
        else:
            self._desk.post(self._stopped, DocumentFailed(reason))

    def _transmit(self, apdu: bytes) -> bytes:
        if self._stopped.is_set():
            raise DeviceCancelled("reading was stopped")
        reader = self._desk.reader
        if reader is None:
            raise DeviceGone("reader")
        return reader.transmit(apdu)

    def _progress(self, progress: ReadProgress) -> None:
        self._desk.post(self._stopped, DocumentProgress(int(99 * progress.overall)))

    def _finish(self, chip: ChipRead | None, *, chip_fault: str | None = None) -> None:
        proof = self._desk.judge(chip) if chip is not None else None
        found = document_read(chip, self._qr, self._desk.today(), chip_fault=chip_fault, proof=proof)
        if found is None:
            self._desk.post(self._stopped, DocumentFailed("unreadable"))
        else:
            self._desk.post(self._stopped, found)
