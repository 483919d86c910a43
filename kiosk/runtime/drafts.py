"""A session as a draft and back: plain CBOR for the small state, captures apart by their ids."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from kiosk.domain.access import Access
from kiosk.domain.effort import Visit
from kiosk.domain.enrolment import Answers, Capture
from kiosk.domain.experience import Remedy
from kiosk.journey.remembered import Past, ResumableDraft
from kiosk.journey.session import Session
from kiosk.wire.cbor import decode_plain, encode_plain
from kiosk.wire.enrolment import decode_answers, decode_capture, encode_answers, encode_capture
from kiosk.wire.errors import BadMessage
from kiosk.words.language import languages

_VERSION = 1


def state_of(session: Session) -> bytes:
    """Write what a draft needs to go on, without the captures."""
    return encode_plain(
        {
            "v": _VERSION,
            "started_at": session.started_at.isoformat() if session.started_at is not None else None,
            "language": session.language,
            "returns_to": session.returns_to,
            "address": session.address,
            "access": session.access.value,
            "picked": session.picked,
            "answers": encode_answers(session.answers),
            "history": [[past.step, encode_answers(past.answers)] for past in session.history],
            "visit": _plain_visit(session.visit.interrupted()),
        }
    )


def _plain_visit(visit: Visit) -> dict[str, Any]:
    return {
        "tries": visit.tries,
        "spent_s": visit.spent_s,
        "refused": sorted(one.value for one in visit.refused),
        "hands": sorted([hand, remedy.value] for hand, remedy in visit.hands),
        "frail": visit.frail,
    }


def _visit_from(tree: Mapping[str, Any] | None) -> Visit:
    """Read what was asked of the hands; a draft of an older version does not tell.

    Raises KeyError, TypeError, ValueError.
    """
    if tree is None:
        return Visit()
    return Visit(
        tries=int(tree["tries"]),
        spent_s=float(tree["spent_s"]),
        refused=frozenset(Remedy(one) for one in tree["refused"]),
        hands=frozenset((str(hand), Remedy(one)) for hand, one in tree["hands"]),
        frail=bool(tree["frail"]),
    )


def captures_of(session: Session) -> dict[str, bytes]:
    """Write the captures, each by its id."""
    return {key: encode_plain(encode_capture(capture)) for key, capture in session.known_captures().items()}


def draft_from(draft_id: str, step: str, state: bytes, captures: dict[str, bytes]) -> ResumableDraft:
    """Read a draft back. Raises BadMessage for one that an incompatible version wrote."""
    try:
        tree = cast("dict[str, Any]", decode_plain(state))
        if tree["v"] != _VERSION:
            raise BadMessage(f"this draft is of version {tree['v']}, this kiosk reads version {_VERSION}")
        history = tuple(Past(str(key), decode_answers(answers)) for key, answers in tree["history"])
        answers: Answers = decode_answers(tree["answers"])
        known: dict[str, Capture] = {key: decode_capture(decode_plain(data)) for key, data in captures.items()}
        started_at = datetime.fromisoformat(tree["started_at"])
        known_here, returns_to = str(tree["language"]) in languages(), str(tree.get("returns_to", ""))
        # A draft may be older than the languages of this kiosk.
        language = str(tree["language"]) if known_here else languages()[0]
        address = str(tree.get("address", ""))
        access = Access(tree.get("access", ""))
        visit = _visit_from(tree.get("visit"))
        picked = bool(tree.get("picked", False))
    except (KeyError, TypeError, ValueError) as error:
        raise BadMessage("the draft does not hold what a draft holds") from error
    return ResumableDraft(
        draft_id,
        step,
        started_at,
        answers,
        known,
        history=history,
        language=language,
        returns_to=returns_to,
        address=address,
        access=access,
        visit=visit,
        picked=picked,
    )
