"""The pictures of the screens: our own vector drawings, one function each, found by `picture` id."""

from kivy.graphics import InstructionGroup

from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.pen import Pen, fill_px, rounded


def draw_picture(group: InstructionGroup, rect: Rect, view: View) -> None:
    """Draw the picture of a View on its stage; an id without a drawing gets a neutral one."""
    fill_px(group, rounded(rect.x, rect.y, rect.width, rect.height, 14), palette.STAGE)
    pen = Pen.inside(group, rect)
    pen.box(40, 20, (40, 60), palette.WHITE)
