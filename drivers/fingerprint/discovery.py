"""Finding out at which rate a module speaks and which module it is.

Owns the order of rates, the tests that tell an answer from noise, and the identity. Refuses rates outside the family's
twelve. What the module says wins over a declared profile, and the profile over a presumption.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.errors import DeviceMissing
from drivers.fingerprint.api import SensorIdentity
from drivers.fingerprint.commands import (
    BAUD_ORDER,
    Answer,
    Instruction,
    ProductInformation,
    SystemParameters,
)
from drivers.fingerprint.exchange import CommandRefused, DeviceSilent, Exchange
from drivers.fingerprint.profiles import PRESUMED, PROFILES, ModuleProfile

PROBE_S = 0.2
PROBE_ATTEMPTS = 2
"""A first command may be lost on a module that still waits for the rest of what it heard at a wrong rate."""


def profile_named(name: str | None) -> ModuleProfile | None:
    """Give a declared profile. Raises DeviceMissing with the known names when there is none of this name."""
    if name is None:
        return None
    if name not in PROFILES:
        raise DeviceMissing(f"no fingerprint sensor profile {name!r}: choose one of {', '.join(sorted(PROFILES))}")
    return PROFILES[name]


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What was found out about a module. `has_ring` and `size_known` say what may be relied on later.

    `template_bytes` is what the module says of its templates, 0 when it does not. `newer` modules tell their product,
    judge pictures, have a notepad, and can be reset.
    """

    identity: SensorIdentity
    packet_bytes: int
    has_ring: bool
    size_known: bool
    template_bytes: int = 0
    newer: bool = False


def find_rate(exchange: Exchange, profile: ModuleProfile | None, *, first: Iterable[int] = ()) -> None:
    """Set the line to the rate at which the module answers sensibly, twice.

    `first` names rates to try before all others. Raises DeviceMissing when no rate brings an answer.
    """
    for baud in dict.fromkeys((*first, *BAUD_ORDER)):
        if baud not in BAUD_ORDER:
            raise DeviceMissing(f"no fingerprint sensor speaks at {baud}: choose one of {sorted(BAUD_ORDER)}")
        exchange.line.baud = baud
        if _answers(exchange) and (_tells_parameters(exchange, profile) or _answers(exchange)):
            return
    raise DeviceMissing("no fingerprint sensor answered at any rate: check the wiring, the power and the port's name")


def read_facts(exchange: Exchange, profile: ModuleProfile | None, *, simulated: bool) -> ModuleFacts:
    """Ask the module who it is, at a rate already found. Raises DeviceGone, DeviceFault (a wrong password, say)."""
    declared = profile or PRESUMED
    parameters = _parameters(exchange) if declared.tells_parameters else None
    product = _product(exchange) if profile is None or profile.tells_product else None
    if profile is None and product is not None:
        declared = PROFILES["r503"]
    identity = SensorIdentity(
        driver=declared.driver,
        model=product.model if product else declared.model,
        serial=product.serial if product else "",
        width_px=product.width_px if product else declared.width_px,
        height_px=product.height_px if product else declared.height_px,
        dpi=declared.dpi,
        baud=exchange.line.baud,
        simulated=simulated,
    )
    return ModuleFacts(
        identity=identity,
        packet_bytes=parameters.packet_bytes if parameters else 128,
        has_ring=declared.has_ring,
        size_known=product is not None or profile is not None,
        template_bytes=product.template_bytes if product else 0,
        newer=product is not None,
    )


def _answers(exchange: Exchange) -> bool:
    """Say the password, which every module of the family takes; any framed answer proves the rate."""
    try:
        exchange.verify_password(timeout_s=PROBE_S, attempts=PROBE_ATTEMPTS)
    except CommandRefused as refused:
        return refused.code != Answer.RECEIVE_ERROR
    except DeviceSilent:
        return False
    return True


def _tells_parameters(exchange: Exchange, profile: ModuleProfile | None) -> bool:
    if profile is not None and not profile.tells_parameters:
        return False
    try:
        SystemParameters.decode(exchange.ask(Instruction.READ_SYS_PARA, timeout_s=PROBE_S, attempts=PROBE_ATTEMPTS))
    except (DeviceSilent, CommandRefused, ValueError):
        return False
    return True


def _parameters(exchange: Exchange) -> SystemParameters | None:
    """Read the parameters; None from a module that cannot tell them (R308) or tells nonsense."""
    try:
        return SystemParameters.decode(exchange.ask(Instruction.READ_SYS_PARA, attempts=2))
    except (DeviceSilent, ValueError):
        return None
    except CommandRefused as refused:
        if refused.code == Answer.WRONG_PASSWORD:
            raise
        return None


def _product(exchange: Exchange) -> ProductInformation | None:
    """Read the product record; None from older modules, which refuse, stay silent or mean another thing by it."""
    try:
        return ProductInformation.decode(exchange.ask(Instruction.READ_PRODUCT, attempts=2))
    except (DeviceSilent, CommandRefused, ValueError):
        return None
