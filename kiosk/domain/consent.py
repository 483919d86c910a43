"""The citizen's consent, or that of who acts for them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """They were told what is taken and why, and agreed: when, in which language, whether it was read aloud."""

    at: datetime
    language: str
    read_aloud: bool
