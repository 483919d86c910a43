"""What a kiosk does with the settings that an office wants: good, a stranger's, another's, old, not on the list."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from kiosk.conformance.errors import Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.standing import StandingOffice
from kiosk.domain.commands import Value
from kiosk.sealing.desired import DesiredWord, sign_desired
from kiosk.sealing.keys import SigningKey
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import Birth, SettingsSample, alert_id, decode_json
from kiosk.wire.topics import Kind

#: Harmless on any kiosk: what is read out again, a second later or sooner.
_NAME: Final = "voice.repeat_after_s"
_UNKNOWN: Final = "kiosk.kiosk_id"
_TAKE: Final = "CK-DESIRED-02"
_LIMITS: Final = "CK-DESIRED-03"
_TELL: Final = "CK-DESIRED-04"


def want_settings(office: StandingOffice, findings: Findings) -> None:
    """A harmless setting is wanted in every wrong way, and once in the right one; at the end nothing is."""
    began = _newest(office, 0)
    n = max(time.time_ns() // 1_000_000, (began.n if began else 0) + 1)
    value = 41 if began is None or began.has.get(_NAME) != 41 else 42
    _say(office, n + 1000, {_NAME: 43}, key=SigningKey.generate())
    _say(office, n + 1001, {_NAME: 44}, kiosk="conform-elsewhere")
    mark = office.mark()
    try:
        _say(office, n, {_NAME: value, _UNKNOWN: "another"})
        taken = _until(office, mark, lambda sample: sample.n == n)
        if taken is None:
            raise Unmet((_TAKE, _TELL), f"a birth that names word {n} as taken", str(_newest(office, 0)))
        findings.expect((_TAKE, _TELL), taken.has.get(_NAME) == value, f"{_NAME} {value} in the birth", taken.has)
        named = _UNKNOWN in taken.refused and _UNKNOWN not in taken.has
        findings.expect(_LIMITS, named, f"{_UNKNOWN} named as refused, and not taken", taken)
        alert = office.until(lambda: _stands(office, mark) or None)
        findings.expect(_LIMITS, bool(alert), "an alert that a setting is refused", "none")
        _say(office, n - 1, {_NAME: 45})
        office.quiet()
        last = _newest(office, mark)
        findings.expect(_TAKE, last == taken, "nothing taken of a lower number", last)
    finally:
        mark = office.mark()
        _say(office, n + 1, {})
    back = _until(office, mark, lambda sample: sample.n == n + 1 and not sample.refused)
    findings.expect((_TAKE, _LIMITS), back is not None, "a word that wants nothing is taken too", _newest(office, 0))


def _say(
    office: StandingOffice,
    n: int,
    settings: Mapping[str, Value],
    *,
    key: SigningKey | None = None,
    kiosk: str | None = None,
) -> None:
    address = office.office.address
    word = DesiredWord(kiosk or address.kiosk, n, datetime.now(UTC), settings)
    office.peer.say(address.desired, sign_desired(word, key or office.office.command_key), retain=True)


def _until(office: StandingOffice, mark: int, holds: Callable[[SettingsSample], bool]) -> SettingsSample | None:
    def found() -> SettingsSample | None:
        sample = _newest(office, mark)
        return sample if sample is not None and holds(sample) else None

    return office.until(found)


def _newest(office: StandingOffice, mark: int) -> SettingsSample | None:
    """What the newest birth since says of settings."""
    newest: SettingsSample | None = None
    for _, heard, _ in office.since(mark, Kind.BIRTH):
        try:
            newest = decode_json(Birth, heard.payload).settings or newest
        except BadMessage:
            continue
    return newest


def _stands(office: StandingOffice, mark: int) -> bool:
    code = alert_id("settings_refused")
    return any(topic.tail == code and heard.payload for topic, heard, _ in office.since(mark, Kind.ALERT))
