"""The modules that the emulator can play, as data: what each knows, how large it is, and how it reads its manual.

Where the two manuals contradict each other the difference is a field, so that `dataclasses.replace()` gives a module
that believes the other one. Simulator side only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.fingerprint.commands import Answer, Instruction


@dataclass(frozen=True, slots=True)
class Personality:
    """One module type as the emulator plays it. `baud_steps` are the factors of 9600 it accepts.

    `unknown` is its answer to a command that it does not know; None is silence. `char_bytes` is the size of the
    features of one press, `template_bytes` that of a template of several; `buffers` is how many it works with.
    """

    name: str
    model: str
    width_px: int
    height_px: int
    dpi: int
    capacity: int
    baud_steps: frozenset[int]
    instructions: frozenset[Instruction]
    unknown: Answer | None
    char_bytes: int
    template_bytes: int
    buffers: int
    greeting: bytes = b""
    ring_colours: range = range(1, 8)
    new_rate_at_power_up: bool = False
    """The R503 manual 1.2.1 wants a power cycle before a new rate holds; the ZFM manual switches after the answer."""
    product_is_light: bool = False
    """On an R558 instruction 0x3C does not tell the product: it switches a light, and says only yes."""

    @property
    def image_bytes(self) -> int:
        """Bytes of a packed image."""
        return self.width_px * self.height_px // 2


_OLD = frozenset(
    (
        Instruction.GET_IMAGE,
        Instruction.EXTRACT,
        Instruction.MATCH,
        Instruction.SEARCH,
        Instruction.MAKE_MODEL,
        Instruction.STORE,
        Instruction.LOAD_TEMPLATE,
        Instruction.UP_TEMPLATE,
        Instruction.DOWN_TEMPLATE,
        Instruction.UP_IMAGE,
        Instruction.DOWN_IMAGE,
        Instruction.DELETE,
        Instruction.EMPTY,
        Instruction.SET_SYS_PARA,
        Instruction.READ_SYS_PARA,
        Instruction.SET_PASSWORD,
        Instruction.VERIFY_PASSWORD,
        Instruction.RANDOM,
        Instruction.SET_ADDRESS,
        Instruction.TEMPLATE_COUNT,
        Instruction.READ_INDEX,
    )
)
_NEW = _OLD | frozenset(
    (
        Instruction.READ_INFO_PAGE,
        Instruction.WRITE_NOTEPAD,
        Instruction.READ_NOTEPAD,
        Instruction.GET_IMAGE_EX,
        Instruction.CANCEL,
        Instruction.RING,
        Instruction.CHECK_SENSOR,
        Instruction.READ_ALGORITHM,
        Instruction.READ_FIRMWARE,
        Instruction.READ_PRODUCT,
        Instruction.SOFT_RESET,
        Instruction.HANDSHAKE,
    )
)
PERSONALITIES: Mapping[str, Personality] = {
    "r307": Personality(
        "r307", "R307", 256, 288, 500, 1000, frozenset(range(1, 13)), _OLD | {Instruction.FAST_SEARCH},
        Answer.UNDEFINED, char_bytes=768, template_bytes=1536, buffers=2,
    ),
    "r503": Personality(
        "r503", "R503", 192, 192, 508, 200, frozenset((1, 2, 4, 6, 12)), _NEW, Answer.UNSUPPORTED,
        char_bytes=512, template_bytes=1536, buffers=6, greeting=b"\x55", new_rate_at_power_up=True,
    ),
}  # fmt: skip
"""The R307 as met in the field (768 and 1536 bytes, where its manual has 256 and 512), the R503 of manual 1.2.1.

An R503 of manual 1.1 has templates of 384 and 768 bytes. What an R503 does by itself in several steps (AutoEnroll,
AutoIdentify) is not played.
"""


def personality_named(name: str) -> Personality:
    """Give a personality. Raises ValueError with the known names when there is none of this name."""
    if name not in PERSONALITIES:
        raise ValueError(f"no personality {name!r}: choose one of {', '.join(sorted(PERSONALITIES))}")
    return PERSONALITIES[name]
