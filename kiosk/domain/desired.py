"""Which settings an office may want of a kiosk: those that a command may change, judged by the same code. Pure."""

from collections.abc import Callable, Mapping

from kiosk.domain.commands import Configure, Value, Verb, order_of
from kiosk.domain.errors import BadOrder


def allowed(
    settings: Mapping[str, Value], is_here: Callable[[Configure], bool] = lambda _order: True
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Part what is wanted into what may be, with its values, and the names of what may not, or is not here."""
    good: dict[str, Value] = {}
    refused: list[str] = []
    for name in sorted(settings):
        try:
            order = order_of(Verb.CONFIGURE.value, {"name": name, "value": settings[name]})
        except BadOrder:
            refused.append(name)
            continue
        if isinstance(order, Configure) and is_here(order):
            good[order.name] = order.value
        else:
            refused.append(name)
    return good, tuple(refused)


def expected(name: str, value: Value) -> str:
    """What is wrong with a wanted setting, and what would be right; empty where it may be wanted."""
    try:
        order_of(Verb.CONFIGURE.value, {"name": name, "value": value})
    except BadOrder as error:
        return str(error)
    return ""
