"""The log: what, which id, how long, for the night after. Never a citizen's data, not even when a bug is reported."""

import logging
import sys
import traceback
from types import TracebackType

log = logging.getLogger("kiosk")

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start_log(*, level: int = logging.INFO) -> None:
    """Log to standard error (journald adds the rest), and let crashes name places and kinds but no values."""
    logging.basicConfig(level=level, format=_FORMAT, stream=sys.stderr, force=True)
    for noisy in ("picamera2", "PIL", "kivy", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = _report_crash


def _report_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("ended by %s", describe_crash(error, trace))


def describe_crash(error: BaseException, trace: TracebackType | None) -> str:
    """Say what kind of error came from where, and from what it came. Messages are left out: they may quote a value."""
    places = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(trace))
    )
    text = f"{type(error).__name__} at {places or 'an unknown place'}"
    if isinstance(error, BaseExceptionGroup):
        inner = "; ".join(describe_crash(one, one.__traceback__) for one in error.exceptions)
        return f"{text} [{inner}]"
    if error.__cause__ is not None:
        return f"{text}, from {describe_crash(error.__cause__, error.__cause__.__traceback__)}"
    return text
