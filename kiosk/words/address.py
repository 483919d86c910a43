"""How a citizen is addressed (xưng hô), by age and sex, in the forms of each language."""

from kiosk.domain.citizen import Sex
from kiosk.words.language import Language, rules_of


def form_of_address(language: Language, age: int | None, sex: Sex | None) -> str:
    """Return how somebody of this age (whole years) and sex is addressed. Raises UnknownLanguage."""
    address = rules_of(language).address
    if age is None or not address.by_age:
        return address.usual
    form = next((one for one in address.by_age if age >= one.age), address.by_age[-1])
    if form.woman == form.man:
        return form.woman
    return address.usual if sex is None else form.woman if sex is Sex.FEMALE else form.man
