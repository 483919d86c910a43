"""What the kiosk seals for follows the office's word, through the custody desk and through every restart."""

from pathlib import Path

from kiosk.custody.inbox import Inbox
from kiosk.sealing.keys import Recipients
from kiosk.sealing.recipients import RecipientsWord, sign_recipients
from kiosk.sealing.suites import OpeningKey
from tests.runtime.test_office_commands import NOW, Place, place

__all__ = ["place"]


def sealed_for(place: Place) -> Recipients:
    assert place.desk is not None
    assert place.desk._packer is not None
    return place.desk._packer.recipients


def test_what_is_sealed_next_is_for_whom_the_newest_word_names(place: Place, tmp_path: Path) -> None:
    # CK-KEYS-02
    place.start()
    word = RecipientsWord(
        1, NOW, Recipients(OpeningKey.generate().public, OpeningKey.generate().public, OpeningKey.generate().public)
    )
    assert sealed_for(place) != word.recipients
    with Inbox.open(tmp_path / "inbox.db", now=lambda: NOW) as inbox:
        inbox.add_recipients(sign_recipients(word, place.commands))
    place.look()
    assert sealed_for(place) == word.recipients
    place.start()
    assert sealed_for(place) == word.recipients
    assert [line for line in place.audit() if line.startswith("recipients.taken")]
