"""The pictures of the screens: our own vector drawings, one function each, found by `picture` id."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kiosk.domain.capture_plan import Finger
from kiosk.journey.print_view import DIRECTIONS
from kiosk.ui.pictures import answers, doors, hands, portraits, remedies, safekeeping
from kiosk.ui.pictures.loops import FRAME_S, Moment, Picture

__all__ = ["FRAME_S", "MARGIN", "PICTURES", "Moment", "Picture", "picture_of"]

#: Between the edge of a picture's stage and its canvas, as a share of the stage's height.
MARGIN: Final = 0.04

PICTURES: Final[Mapping[str, Picture]] = MappingProxyType(
    {
        "standby": doors.standby,
        "curtain": doors.curtain,
        "signin": doors.sign_in,
        "resume": doors.resume,
        "welcome": doors.welcome,
        "consent": doors.consent,
        "declined": doors.declined,
        "document": answers.document,
        "document.reading": answers.reading,
        "document.number": answers.number,
        "identity": answers.identity,
        "home": answers.home,
        "relatives": answers.relatives,
        "phone": answers.phone,
        "hands": hands.wash,
        **{f"print.{finger.value}": hands.ten_fingers for finger in Finger},
        "print.busy": hands.on_glass,
        "print.good": hands.good,
        "print.same": hands.ten_fingers,
        "print.which": hands.two_alike,
        "print.again": hands.again,
        "print.exception": hands.exception,
        "remedy.wash": remedies.soap,
        "remedy.damp": remedies.damp_cloth,
        "remedy.warm": remedies.warm_water,
        "remedy.lighter": hands.too_hard,
        "remedy.firmer": hands.too_light,
        "remedy.move": hands.centre,
        **{f"remedy.move.{way}": hands.moved(way) for way in DIRECTIONS},
        "remedy.lift": hands.straight_down,
        "remedy.glass": remedies.lens_clean,
        "remedy.dryer": remedies.dryer,
        "remedy.powder": remedies.powder,
        "remedy.deodorant": remedies.deodorant,
        "remedy.ice": remedies.ice,
        "remedy.ask": remedies.officer_asks,
        "portrait.prepare": portraits.prepare,
        "portrait.look": portraits.look,
        "portrait.review": portraits.review,
        "portrait.glasses": portraits.glasses_and_hat,
        "portrait.hair": portraits.hair,
        "portrait.clothes": portraits.clothes,
        "review": answers.sign_off,
        "sealing": safekeeping.sealing,
        "farewell": doors.farewell,
        "help": doors.help_coming,
        "idle": doors.waving,
        "looks": doors.letters,
        "represent.too_young": doors.too_young,
        "paused.wipe": doors.wipe,
        "trouble": safekeeping.trouble,
        "full": safekeeping.full,
        "locked": safekeeping.locked,
        "message": safekeeping.message,
        "edit": answers.edit,
        "fix": answers.fix,
    }
)


def picture_of(name: str) -> Picture:
    """Give the picture with this id; an id without a drawing gets a neutral one."""
    return PICTURES.get(name, portraits.neutral)
