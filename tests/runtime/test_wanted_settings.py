"""The settings that the office wants: taken by number, judged one by one, told, and taken back to the file's."""

from __future__ import annotations

import pytest

from kiosk.domain.commands import Configure
from kiosk.sealing.desired import DesiredWord, sign_desired, verify_desired
from kiosk.sealing.errors import BadEncoding, BadSignature, WrongKey
from kiosk.sealing.keys import SigningKey
from kiosk.wire.messages import SettingsSample
from tests.runtime.test_office_commands import NOW, Place, place

__all__ = ["place"]

FILE = {"journey.tries_per_finger": 3, "voice.repeat_after_s": 15.0, "custody.lock_after_days": 30}


def sample(place: Place) -> SettingsSample:
    assert place.desk is not None
    assert place.desk.settings is not None
    return place.desk.settings


def alarms(place: Place) -> list[str]:
    assert place.desk is not None
    return place.desk._worker.submit(place.desk.alarms).result(60)


def test_what_is_wanted_holds_is_told_and_survives_a_restart(place: Place) -> None:
    # CK-DESIRED-04
    place.file.update(FILE)
    place.start()
    assert sample(place) == SettingsSample(n=0, has=FILE)
    place.wants(7, {"journey.tries_per_finger": 7, "custody.lock_after_days": 5})
    told = {**FILE, "journey.tries_per_finger": 7, "custody.lock_after_days": 5}
    assert sample(place) == SettingsSample(n=7, has=told)
    assert place.hands.asked == [("journey.tries_per_finger", 7)]
    assert place.desk is not None
    assert place.desk._silence is not None
    assert place.desk._silence.after_days == 5
    desk = place.start()
    assert sample(place) == SettingsSample(n=7, has=told)
    assert place.hands.asked == 2 * [("journey.tries_per_finger", 7)]
    assert desk._silence is not None
    assert desk._silence.after_days == 5


def test_only_a_higher_number_by_the_command_key_for_this_kiosk_is_taken(place: Place) -> None:
    # CK-DESIRED-02
    place.file.update(FILE)
    place.start()
    place.wants(7, {"journey.tries_per_finger": 7})
    for n, key, to in ((9, SigningKey.generate(), None), (9, place.receipts, None), (9, None, "kiosk-tk-02")):
        place.wants(n, {"journey.tries_per_finger": 9}, key=key, to=to or "kiosk-tk-01")
    for n in (7, 6, 1):
        place.wants(n, {"journey.tries_per_finger": 9})
    assert sample(place).has["journey.tries_per_finger"] == 7
    # The number is kept apart from what the network side writes.
    for file in place.folder.glob("inbox.db*"):
        file.unlink()
    place.start()
    place.wants(7, {"journey.tries_per_finger": 9})
    assert sample(place).n == 7
    assert sample(place).has["journey.tries_per_finger"] == 7
    place.wants(8, {"journey.tries_per_finger": 9})
    assert sample(place).has["journey.tries_per_finger"] == 9
    assert len([line for line in place.audit() if line.startswith("settings.refused")]) == 2  # at 1, 2, 4, 8, ...


def test_what_may_not_be_wanted_is_named_and_the_rest_is_taken(place: Place) -> None:
    # CK-DESIRED-03
    place.file.update(FILE)
    place.start()
    assert "settings-refused" not in alarms(place)
    place.wants(
        7,
        {
            "journey.tries_per_finger": 7,
            "voice.repeat_after_s": 4000,
            "signing.key": "/tmp/mine",
            "journey.language": "en",
        },
    )
    told = sample(place)
    assert told.refused == ["signing.key", "voice.repeat_after_s"]
    assert told.has == {**FILE, "journey.tries_per_finger": 7, "journey.language": "en"}
    assert ("voice.repeat_after_s", 4000) not in place.hands.asked
    place.start()
    assert sample(place) == told
    assert "settings-refused" in alarms(place)
    place.wants(8, {"journey.tries_per_finger": 7})
    assert sample(place).refused == []
    place.wants(9, {"journey.language": "xx"})  # a language, and none that is here
    assert sample(place).refused == ["journey.language"]
    place.wants(10, {})
    assert "settings-refused" not in alarms(place)


def test_what_a_newer_word_names_no_more_goes_by_the_file_again(place: Place) -> None:
    place.file.update(FILE)
    place.start()
    place.wants(7, {"journey.tries_per_finger": 7, "voice.repeat_after_s": 20})
    place.wants(8, {"voice.repeat_after_s": 20})
    assert sample(place) == SettingsSample(n=8, has={**FILE, "voice.repeat_after_s": 20})
    assert place.hands.asked[-1] == ("journey.tries_per_finger", 3)
    place.wants(9, {})
    assert sample(place) == SettingsSample(n=9, has=FILE)
    place.hands.asked.clear()
    place.start()
    assert place.hands.asked == []
    assert sample(place) == SettingsSample(n=9, has=FILE)


def test_a_command_after_the_word_holds_and_is_seen_and_a_newer_word_takes_it_back(place: Place) -> None:
    place.file.update(FILE)
    place.start()
    place.wants(7, {"journey.tries_per_finger": 7})
    given = place.comes(place.order(Configure("journey.tries_per_finger", 5)))
    assert place.said(given) == ("done", "")
    assert sample(place) == SettingsSample(n=7, has={**FILE, "journey.tries_per_finger": 5})
    place.start()
    place.wants(7, {"journey.tries_per_finger": 7})  # the broker says it again at each connection
    assert sample(place).has["journey.tries_per_finger"] == 5
    place.wants(8, {"journey.tries_per_finger": 7})
    assert sample(place).has["journey.tries_per_finger"] == 7


def test_a_kiosk_that_knows_no_command_key_takes_nothing(place: Place) -> None:
    place.knows_commands = False
    place.start()
    place.wants(7, {"journey.tries_per_finger": 7})
    assert sample(place) == SettingsSample(n=0, has={})


def test_a_word_is_signed_whole_and_has_one_form() -> None:
    key = SigningKey.generate()
    word = DesiredWord("kiosk-tk-01", 7, NOW, {"journey.language": "vi", "journey.tries_per_finger": 5})
    signed = sign_desired(word, key)
    assert verify_desired(signed, key.public) == word
    with pytest.raises(WrongKey):
        verify_desired(signed, SigningKey.generate().public)
    with pytest.raises(BadSignature):
        verify_desired(signed.replace(b"tries", b"triee"), key.public)
    bad: list[tuple[str, int, dict[str, object]]] = [
        ("no such name", 7, {}),
        ("kiosk-tk-01", 0, {}),
        ("kiosk-tk-01", 7, {"language": "vi"}),
        ("kiosk-tk-01", 7, {"journey.language": "v" * 65}),
        ("kiosk-tk-01", 7, {"journey.language": 1.5}),
        ("kiosk-tk-01", 7, {f"journey.n{n}": n for n in range(33)}),
    ]
    for kiosk, n, settings in bad:
        with pytest.raises(BadEncoding):
            DesiredWord(kiosk, n, NOW, settings)  # type: ignore[arg-type]
    with pytest.raises(BadEncoding):
        DesiredWord.from_cbor(b"\xa0")
