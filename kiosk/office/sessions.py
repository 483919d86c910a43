"""Who is signed in at the page: random tokens in memory, with an end, and a brake on guessing.

Only a token's hash is kept; a restart of the office signs everybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.office.accounts import Account, Accounts

IDLE_S: Final = 3600.0
WHOLE_S: Final = 12 * 3600.0
MOST: Final = 1000

TRIES: Final = 5
# Behind a proxy everybody comes from one address: wider than for one name.
TRIES_OF_ADDRESS: Final = 30
TRIES_WITHIN_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in; ``csrf`` has to come with every form."""

    account: Account
    csrf: str
    began_s: float


@dataclass(slots=True)
class _Open:
    session: Session
    seen_s: float
    saw: str = ""


class Sessions:
    """The sign-ins that are open. May be used from several threads; asks the database for the account each time."""

    def __init__(self, accounts: Accounts, *, monotonic_s: Callable[[], float]) -> None:
        self._accounts = accounts
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._open: OrderedDict[bytes, _Open] = OrderedDict()

    def begin(self, account: Account) -> str:
        """A new sign-in; its token, for the cookie alone."""
        token, now_s = secrets.token_urlsafe(32), self._monotonic_s()
        with self._lock:
            while len(self._open) >= MOST:
                self._open.popitem(last=False)
            self._open[_kept(token)] = _Open(Session(account, csrf_of(token), now_s), now_s)
        return token

    def find(self, token: str, *, touch: bool) -> Session | None:
        """The sign-in of this token, unless it is over or its account was changed. ``touch``: somebody is there."""
        key, now_s = _kept(token), self._monotonic_s()
        with self._lock:
            one = self._open.get(key)
            if one is None:
                return None
            if now_s - one.seen_s >= IDLE_S or now_s - one.session.began_s >= WHOLE_S:
                del self._open[key]
                return None
            if touch:
                one.seen_s = now_s
                self._open.move_to_end(key)
        if self._accounts.find(one.session.account.name) != one.session.account:
            self.end(token)
            return None
        return one.session

    def saw(self, token: str) -> str:
        """What this sign-in was shown last, of what is in the audit; empty where nothing was, or nobody is there."""
        with self._lock:
            one = self._open.get(_kept(token))
            return one.saw if one is not None else ""

    def note_saw(self, token: str, numbers: str) -> None:
        """It is in the audit that this sign-in is shown these."""
        with self._lock:
            one = self._open.get(_kept(token))
            if one is not None:
                one.saw = numbers

    def end(self, token: str) -> None:
        """Sign out."""
        with self._lock:
            self._open.pop(_kept(token), None)


class Brake:
    """Counts tries at signing in per name and per address. May be used from several threads."""

    def __init__(self, *, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._tries: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def take(self, name: str, address: str) -> float:
        """Count a try before it is made, so that many at once do not slip through; how long to wait, 0 when it may be.

        A try that has to wait is not counted.
        """
        now_s = self._monotonic_s()
        keys = (("name", name), ("address", address))
        with self._lock:
            wait_s = max(
                self._left_s(key, most, now_s) for key, most in zip(keys, (TRIES, TRIES_OF_ADDRESS), strict=True)
            )
            if wait_s > 0:
                return wait_s
            for key in keys:
                self._tries.setdefault(key, deque(maxlen=TRIES_OF_ADDRESS)).append(now_s)
                self._tries.move_to_end(key)
            # Made-up names must not fill the memory.
            while len(self._tries) > 10 * MOST:
                self._tries.popitem(last=False)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The last try was somebody who knew the password: it does not count, and the name begins anew."""
        with self._lock:
            self._tries.pop(("name", name), None)
            if times := self._tries.get(("address", address)):
                times.pop()

    def _left_s(self, key: tuple[str, str], most: int, now_s: float) -> float:
        times = self._tries.get(key)
        if times is None:
            return 0.0
        while times and now_s - times[0] >= TRIES_WITHIN_S:
            times.popleft()
        return TRIES_WITHIN_S - (now_s - times[-most]) if len(times) >= most else 0.0


def csrf_of(token: str) -> str:
    """What a form has to bring beside the cookie: only who can read this site's pages knows it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def _kept(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
