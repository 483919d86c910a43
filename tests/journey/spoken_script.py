"""What is heard of a whole journey, in order, and what hands do between: the lines alone have to make sense.

`python -m tests.journey.spoken_script` writes the transcripts anew; read them aloud before they are kept.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from kiosk.domain.capture_plan import ExceptionReason
from kiosk.domain.citizen import Relatives
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.journey.events import DocumentProgress, DocumentRead, Event, Touched
from kiosk.journey.rendering import render
from kiosk.words.address import form_of_address
from kiosk.words.language import Language, languages
from tests.journey.script import CATALOGUES, FINGERS, HOME, IDENTITY, Kiosk, picture

FOLDER: Final = Path(__file__).parent / "spoken"
_HANDS: Final[dict[Language, dict[str, str]]] = {
    "vi": {"yes": "nút xanh", "other": "nút vàng", "help": "nút tròn", "row": "cán bộ chọn", "print": "đặt ngón tay"},
    "en": {"yes": "green", "other": "yellow", "help": "round button", "row": "the officer chooses", "print": "finger"},
}
FAMILY: Final = Relatives("Trần Văn An", "Lê Thị Bưởi", "")


class Listener(Kiosk):
    """A kiosk that nobody sees: keeps every line that is spoken, as the session runner speaks them."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.tongue: Language = language
        self.lines: list[str] = []
        self._heard = ("", "")

    def happens(self, event: Event) -> "Listener":
        if isinstance(event, Touched):
            self.note(event.id if event.id in _HANDS[self.tongue] else "row")
        super().happens(event)
        self.listen()
        return self

    def note(self, deed: str) -> None:
        """Write down what hands do."""
        self.lines.append(f"    ({_HANDS[self.tongue][deed]})")

    def listen(self) -> None:
        """Write down what is said now, if it is another line."""
        catalogue, identity = CATALOGUES[self.tongue], self.session.answers.identity
        if identity is not None and self.tongue == "vi":
            catalogue = catalogue.addressed(
                form_of_address(catalogue.language, identity.born.age_on(self.now.date()), identity.sex)
            )
        view = render(replace(self.session, language=self.tongue), self.rules, catalogue)
        if (view.key, view.voice) != self._heard:
            self._heard = (view.key, view.voice)
            self.lines.append(view.voice)

    def pressed(self, quality: int = 80, verdict: PrintVerdict = PrintVerdict.GOOD) -> None:
        """Press a finger, and wait for what comes of it."""
        self.note("print")
        self.print_taken(quality, verdict)
        if self.session.phase == "good":
            self.time_is_over("pause")


def transcript(language: Language) -> str:
    """Give the lines of one journey: a card, a dry finger, a missing one, help, a portrait in two tries."""
    kiosk = Listener(language)
    kiosk.signed_in()
    kiosk.lines = [kiosk.view(language).voice]
    kiosk.touch("yes", "yes", "yes").happens(DocumentProgress(10))
    kiosk.happens(DocumentRead(IDENTITY, home=HOME, relatives=FAMILY, portrait=picture("chip"), hashes="yes"))
    kiosk.touch("yes", "yes", "yes", "other", "yes")
    kiosk.pressed(38, PrintVerdict.TOO_DRY)
    kiosk.remedy_over()
    kiosk.pressed()
    for finger in FINGERS[1:]:
        if kiosk.session.step == "print.left_little":
            kiosk.touch("other", ExceptionReason.MISSING)
            continue
        assert kiosk.session.step == f"print.{finger.value}"
        kiosk.pressed()
    kiosk.touch("help", "yes", "yes")
    kiosk.held_still().portrait_taken(PortraitSay.CLOSER)
    kiosk.held_still().portrait_taken()
    kiosk.touch("yes").same_face()
    kiosk.touch("other", "yes")
    kiosk.sealed()
    return "\n".join(kiosk.lines) + "\n"


def file_of(language: Language) -> Path:
    """Where a transcript is kept."""
    return FOLDER / f"{language}.txt"


def main() -> None:
    """Write the transcripts."""
    FOLDER.mkdir(exist_ok=True)
    for language in languages():
        file_of(language).write_text(transcript(language), encoding="utf-8")


if __name__ == "__main__":
    main()
