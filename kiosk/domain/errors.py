"""What can be wrong with a statement about the world."""


class DomainError(Exception):
    """A statement about the world does not hold."""


class BadNumber(DomainError, ValueError):
    """A personal number is not twelve digits."""


class BadDate(DomainError, ValueError):
    """A date of birth is not one that the calendar has."""


class BadPlan(DomainError, ValueError):
    """A capture plan contradicts itself or names something unknown."""


class BadRemedies(DomainError, ValueError):
    """A ladder of remedies contradicts itself, names something unknown, or loosens a rule of safety."""


class BadOrder(DomainError):
    """What the office orders is no order that there is. `code` is the word that answers it."""

    def __init__(self, code: str, expected: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(expected)
        self.code = code
