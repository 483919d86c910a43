"""The pictures of the screens: our own vector drawings, one function each, found by `picture` id."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kivy.graphics import InstructionGroup

from kiosk.domain.capture_plan import Finger
from kiosk.journey.print_view import DIRECTIONS
from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.mesh import fill_px
from kiosk.ui.pen import Pen, clipped
from kiosk.ui.pictures import answers, doors, hands, portraits, remedies, safekeeping
from kiosk.ui.shapes import rounded

Picture = Callable[[Pen, View], None]

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
        "document.qr": answers.code,
        "identity": answers.identity,
        "home": answers.home,
        "relatives": answers.relatives,
        "phone": answers.phone,
        "hands": hands.wash,
        **{f"print.{finger.value}": hands.ten_fingers for finger in Finger},
        "print.busy": hands.on_glass,
        "print.good": hands.good,
        "print.same": hands.ten_fingers,
        "print.which": hands.exception,
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
        "trouble": safekeeping.trouble,
        "full": safekeeping.full,
        "locked": safekeeping.locked,
        "message": safekeeping.message,
        "edit": answers.edit,
        "fix": answers.fix,
    }
)


def draw_picture(group: InstructionGroup, rect: Rect, view: View) -> None:
    """Draw the picture of a View on its stage; an id without a drawing gets a neutral one."""
    fill_px(group, rounded(rect.x, rect.y, rect.width, rect.height, 14), palette.STAGE)
    with clipped(group, rect):
        PICTURES.get(view.picture, portraits.neutral)(Pen.inside(group, rect.inset(rect.height * 0.04)), view)
