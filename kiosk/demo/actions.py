"""What an action of the dock carries, and how it is refused: one sentence that says what to send."""

from kiosk.demo.line import Message


class DockError(Exception):
    """The dock cannot do this; the message says what is wrong and what to do."""


def text_of(action: Message, key: str, known: tuple[str, ...], default: str | None = None) -> str:
    """Give one of the texts that are known, `default` where none is said. Raises DockError."""
    value = action.get(key, default)
    if not isinstance(value, str) or value not in known:
        raise DockError(f"{key} is {value!r}: choose one of {', '.join(name or 'an empty text' for name in known)}")
    return value


def yes_or_no(action: Message, key: str) -> bool:
    """Give true or false. Raises DockError."""
    value = action.get(key)
    if not isinstance(value, bool):
        raise DockError(f"{key} is {value!r}: give true or false")
    return value
