"""What one print is worth, and what is wrong with it."""

from kiosk.biometrics.prints.assessment import PrintAssessment, assess

__all__ = ["PrintAssessment", "assess"]
