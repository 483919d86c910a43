"""The log: what, which id, how long, for the night after. Never a citizen's data, not even when a bug is reported.

An exception's message may quote the value it stumbled over, so no crash is told by its message: wherever one surfaces
(main thread, another thread, a task nobody waits for, a library's log, a destructor) its kind and place are told.
"""

import copy
import logging
import re
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterable
from types import TracebackType

log = logging.getLogger("kiosk")

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# asyncio puts the representation of tasks and callbacks, arguments and exceptions included, behind or below its words.
_ASYNCIO_WORDS = re.compile(r"[^\n(<{\['\"]*")

_NEWEST = 400
_LINE_LETTERS = 240
# What could stand for a person where a line should ever quote one: ids, long numbers, words with Vietnamese letters.
_PERSONAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{6,}|\w*[^\x00-\x7f]+\w*")

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def start_log(*, level: int = logging.INFO) -> None:
    """Log to standard error (journald adds the rest), and let crashes name places and kinds but no values."""
    handler = _Handler(sys.stderr)
    handler.setFormatter(_PlacesAlone(_FORMAT))
    _newest.setFormatter(_PlacesAlone(_FORMAT))
    logging.basicConfig(level=level, handlers=[handler, _newest], force=True)
    for noisy in ("picamera2", "PIL", "kivy", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = _report_crash
    threading.excepthook = _report_thread
    sys.unraisablehook = _report_unraisable


def newest_lines(count: int) -> list[str]:
    """The newest lines of this process's log, for the office: each short, and blanked where it could name somebody."""
    return [_PERSONAL.sub("*", line)[:_LINE_LETTERS] for line in list(_newest.lines)[-count:]] if count > 0 else []


class _Newest(logging.Handler):
    """Keeps the newest lines in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=_NEWEST)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.lines.extend(self.format(record).splitlines())


_newest = _Newest()


class _PlacesAlone(logging.Formatter):
    """Tells an exception by its kind and places."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, whatever another handler has made of its exception before."""
        record = copy.copy(record)
        record.exc_text = None
        if record.name == "asyncio":
            words = _ASYNCIO_WORDS.match(record.getMessage())
            record.msg, record.args = words[0].strip() if words else "", None
        return super().format(record)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 -- the library's name
        """The exception without its message."""
        return describe_crash(ei[1], ei[2]) if ei[1] is not None else ""


class _Handler(logging.StreamHandler):  # type: ignore[type-arg] -- generic in the stubs alone
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the library's name
        """Tell of a log line that could not be written, but not with what."""
        error = sys.exception()
        if error is not None and self.stream is not None:
            print(f"a log line of {record.name} failed: {describe_crash(error, error.__traceback__)}", file=self.stream)


def _report_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("ended by %s", describe_crash(error, trace))


def _report_thread(crash: threading.ExceptHookArgs) -> None:
    if issubclass(crash.exc_type, SystemExit):
        return
    name = crash.thread.name if crash.thread is not None else "unknown"
    log.critical("thread %s ended by %s", name, _described(crash.exc_type, crash.exc_value, crash.exc_traceback))


def _report_unraisable(crash: "sys.UnraisableHookArgs") -> None:
    log.error("nobody was there to be told of %s", _described(crash.exc_type, crash.exc_value, crash.exc_traceback))


def _described(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> str:
    return describe_crash(error, trace) if error is not None else f"{kind.__name__} at {_places(trace)}"


def describe_crash(error: BaseException, trace: TracebackType | None) -> str:
    """Say what kind of error came from where, and from what it came. Messages are left out: they may quote a value."""
    text = f"{type(error).__name__} at {_places(trace)}"
    if isinstance(error, BaseExceptionGroup):
        inner: Iterable[BaseException] = error.exceptions
        return f"{text} [{'; '.join(describe_crash(one, one.__traceback__) for one in inner)}]"
    if error.__cause__ is not None:
        return f"{text}, from {describe_crash(error.__cause__, error.__cause__.__traceback__)}"
    return text


def _places(trace: TracebackType | None) -> str:
    return (
        " < ".join(
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
            for frame in reversed(traceback.extract_tb(trace))
        )
        or "an unknown place"
    )
