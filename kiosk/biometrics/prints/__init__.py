"""What one print is worth, and what is wrong with it."""

from kiosk.biometrics.prints.assessment import PrintAssessment, assess
from kiosk.biometrics.prints.clarity import clarity_map, draw_map
from kiosk.biometrics.prints.files import BadPrintFile, PrintFile, read_print_file, report

__all__ = [
    "BadPrintFile",
    "PrintAssessment",
    "PrintFile",
    "assess",
    "clarity_map",
    "draw_map",
    "read_print_file",
    "report",
]
