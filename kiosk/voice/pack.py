"""A voice pack: a folder of recorded sentences (`<id>.wav`) with a manifest `pack.json` that holds the hash of each.

A sentence is found by the id of its text (kiosk.words.script), so a text that was changed since the recording has no
clip, and the speech program says it. Packs are made by `kiosk voice import` and `prepare`.
"""

import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, cast

from kiosk.voice.errors import BadClip, BadPack
from kiosk.voice.sound import read_wave
from kiosk.words.language import Language, languages
from kiosk.words.script import sentence_id

_LOG = logging.getLogger(__name__)
MANIFEST: Final = "pack.json"
_ID: Final = re.compile(r"[0-9a-f]{16}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What a pack says of itself. `synthetic` marks what no person has spoken; `region` names the accent."""

    name: str
    language: Language
    region: str
    synthetic: bool


class VoicePack:
    """The clips of one folder. Clips are read when they are first wanted, and checked against the manifest."""

    def __init__(self, folder: Path, facts: PackFacts, hashes: Mapping[str, str]) -> None:
        """Keep what was read; use load()."""
        self.folder = folder
        self.facts = facts
        self._hashes = dict(hashes)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a pack's manifest. Raises BadPack, naming what is wrong with it."""
        try:
            document: object = json.loads((folder / MANIFEST).read_text("utf-8"))
        except OSError as error:
            raise BadPack(f"{folder}: no voice pack ({MANIFEST}: {error.strerror})") from error
        except ValueError as error:
            raise BadPack(f"{folder}: {MANIFEST} is no JSON; make the pack anew with `kiosk voice import`") from error
        return cls(folder, *_manifest(folder, document))

    @property
    def hashes(self) -> Mapping[str, str]:
        """The SHA-256 of each clip, by its id."""
        return dict(self._hashes)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all sentences that it has."""
        return frozenset(self._hashes)

    def clip(self, text: str, language: Language) -> bytes | None:
        """Return the recording of a sentence as a wave file, or None where there is none that is whole."""
        name = sentence_id(text, language)
        if language != self.facts.language or name not in self._hashes:
            return None
        try:
            data = (self.folder / f"{name}.wav").read_bytes()
            if hashlib.sha256(data).hexdigest() != self._hashes[name]:
                raise BadClip("it is not the recording that was imported")
            read_wave(data)
        except (OSError, BadClip) as error:
            # Told once; the speech program says this sentence from now on.
            del self._hashes[name]
            _LOG.warning("voice pack %s: clip %s is not used: %s", self.facts.name, name, error)
            return None
        return data


def write_pack(folder: Path, facts: PackFacts, clips: Mapping[str, bytes]) -> None:
    """Write clips (id -> wave file) and their manifest into a folder, beside clips that are there already.

    The manifest is replaced last and at once: a power cut leaves the old pack or the new one. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        hashes = {name: digest for name, digest in VoicePack.load(folder).hashes.items() if name not in clips}
    except BadPack:
        hashes = {}
    for name, data in clips.items():
        _replace(folder / f"{name}.wav", data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    document = {
        "name": facts.name,
        "language": facts.language,
        "region": facts.region,
        "synthetic": facts.synthetic,
        "clips": dict(sorted(hashes.items())),
    }
    _replace(folder / MANIFEST, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())


def load_packs(folder: Path, *, first: str = "") -> tuple[VoicePack, ...]:
    """Load every pack below a folder: the one named `first`, then those that people have spoken, then synthetic ones.

    A folder that is no pack is left out and told in the log; a missing folder holds none.
    """
    packs: list[VoicePack] = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            packs.append(VoicePack.load(place))
        except BadPack as error:
            _LOG.warning("a voice pack is left out: %s", error)
    return tuple(sorted(packs, key=lambda one: (one.facts.name != first, one.facts.synthetic, one.facts.name)))


def _manifest(folder: Path, document: object) -> tuple[PackFacts, dict[str, str]]:
    if not isinstance(document, dict):
        raise BadPack(f"{folder}: {MANIFEST} holds no table")
    table = cast("dict[str, object]", document)
    name, region, synthetic = table.get("name"), table.get("region"), table.get("synthetic")
    language: Language | None = next((one for one in languages() if one == table.get("language")), None)
    clips = table.get("clips")
    if not isinstance(name, str) or not isinstance(region, str) or not isinstance(synthetic, bool) or language is None:
        raise BadPack(f"{folder}: {MANIFEST} needs name, region, synthetic and a known language")
    if not isinstance(clips, dict):
        raise BadPack(f"{folder}: {MANIFEST} has no table of clips")
    hashes: dict[str, str] = {}
    for one, digest in cast("dict[str, object]", clips).items():
        if _ID.fullmatch(one) is None or not isinstance(digest, str) or _SHA256.fullmatch(digest) is None:
            raise BadPack(f"{folder}: {MANIFEST} has a clip that is no id with its SHA-256")
        hashes[one] = digest
    return PackFacts(name, language, region, synthetic), hashes


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
