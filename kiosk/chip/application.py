"""Selecting the ICAO application, plain or protected (ICAO Doc 9303-10, 3.9)."""

from kiosk.chip import commands
from kiosk.chip.commands import OK, OTHER_FORM, Command
from kiosk.chip.errors import NotAPassport, SessionEnded
from kiosk.chip.files import Send
from kiosk.chip.memory import ReaderMemory


def select_icao_application(send: Send, memory: ReaderMemory) -> None:
    """Select it in the form without an answer, or with one where the card wants that; `memory` keeps which.

    Raises NotAPassport when the card has none, SessionEnded when it broke protection off, BadAnswer, CardLost.
    """
    select = commands.select_application(commands.ICAO_APPLICATION)
    if memory.select_with_answer:
        status = _status(send, commands.with_answer(select))
    else:
        status = _status(send, select)
        if status in OTHER_FORM:
            status = _status(send, commands.with_answer(select))
            memory.select_with_answer = status == OK
    if status != OK:
        raise no_application(status)


def no_application(status: int) -> NotAPassport:
    """The error of a card without it."""
    return NotAPassport(f"the card carries no ICAO application (status {status:04X}): try the other side or card")


def _status(send: Send, command: Command) -> int:
    """Send; a card that refuses the form with a bare status word may stay in its session."""
    try:
        return send(command)[1]
    except SessionEnded as error:
        if error.status in OTHER_FORM:
            return error.status
        raise
