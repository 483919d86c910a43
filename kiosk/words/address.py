"""How a citizen is addressed (xưng hô), by age and sex, as a young officer of the village would.

The kiosk speaks as somebody of about thirty. It is a custom, not a rule of law: the limits are for elders of the
region to judge. Without an age or a sex it says "bác", which offends nobody who comes to such a kiosk.
"""

from typing import Final

from kiosk.domain.citizen import Sex

UNKNOWN: Final = "bác"
#: From which age on, and what a woman and a man are called then.
_FORMS: Final = (
    (70, "bà", "ông"),
    (50, "bác", "bác"),
    (38, "cô", "chú"),
    (18, "chị", "anh"),
    (0, "em", "em"),
)


def form_of_address(age: int | None, sex: Sex | None) -> str:
    """Return how somebody of this age (whole years) and sex is addressed in Vietnamese."""
    if age is None:
        return UNKNOWN
    _, woman, man = next((form for form in _FORMS if age >= form[0]), _FORMS[-1])
    if woman == man:
        return woman
    return UNKNOWN if sex is None else woman if sex is Sex.FEMALE else man
