"""What a link and its owner say to each other, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """Why the office can or cannot be reached; each has a calm line on the officer's screen."""

    CONNECTING = "connecting"
    ONLINE = "online"
    UNREACHABLE = "unreachable"
    OFFICE_NOT_TRUSTED = "office_not_trusted"
    KIOSK_NOT_ACCEPTED = "kiosk_not_accepted"
    NOT_AUTHORIZED = "not_authorized"
    BAD_CREDENTIALS = "bad_credentials"


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says when this client falls silent for ``delay_s``."""

    topic: str
    payload: bytes
    delay_s: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received message; ``mid`` is for `Link.acknowledge`."""

    topic: str
    payload: bytes
    retained: bool
    qos: int
    mid: int


@dataclass(frozen=True, slots=True)
class LinkEvents:
    """Whom the link tells. All are called from within `Link.step`.

    ``on_up``: connected and every subscription granted. ``on_down``: the connection ended. ``on_message``: something
    came. ``on_outcome``: the broker answered a publish (message id, refusal text or None).
    ``on_unheard``: told before it of a publish that the broker took, and dropped, because nobody had ever asked for it.
    """

    on_up: Callable[[], None]
    on_down: Callable[[], None]
    on_message: Callable[[Delivery], None]
    on_outcome: Callable[[int, str | None], None]
    on_unheard: Callable[[int], None] = lambda _mid: None
