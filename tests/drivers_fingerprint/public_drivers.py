"""The two public drivers, opened on a port: what of them the tests and the measurements use."""

from typing import Any, Protocol, cast

import serial


class Adafruit(Protocol):
    """What is used of adafruit_fingerprint.Adafruit_Fingerprint; every int is the module's confirmation code."""

    templates: list[int]
    template_count: int
    finger_id: int
    confidence: int

    def get_image(self) -> int: ...
    def image_2_tz(self, slot: int) -> int: ...
    def create_model(self) -> int: ...
    def store_model(self, location: int) -> int: ...
    def delete_model(self, location: int) -> int: ...
    def empty_library(self) -> int: ...
    def count_templates(self) -> int: ...
    def read_templates(self) -> int: ...
    def finger_search(self) -> int: ...
    def compare_templates(self) -> int: ...
    def verify_password(self) -> int: ...
    def soft_reset(self) -> None: ...
    def get_fpdata(self, sensorbuffer: str, slot: int = 1) -> list[int]: ...
    def send_fpdata(self, data: list[int], sensorbuffer: str, slot: int) -> bool: ...


class PyFingerprint(Protocol):
    """What is used of pyfingerprint.PyFingerprint."""

    def verifyPassword(self) -> bool: ...  # noqa: N802
    def setPassword(self, newPassword: int) -> bool: ...  # noqa: N802, N803
    def setAddress(self, newAddress: int) -> bool: ...  # noqa: N802, N803
    def setSecurityLevel(self, securityLevel: int) -> None: ...  # noqa: N802, N803
    def setMaxPacketSize(self, packetSize: int) -> None: ...  # noqa: N802, N803
    def getSecurityLevel(self) -> int: ...  # noqa: N802
    def getMaxPacketSize(self) -> int: ...  # noqa: N802
    def getStorageCapacity(self) -> int: ...  # noqa: N802
    def getTemplateCount(self) -> int: ...  # noqa: N802
    def getTemplateIndex(self, page: int) -> list[bool]: ...  # noqa: N802
    def generateRandomNumber(self) -> int: ...  # noqa: N802
    def readImage(self) -> bool: ...  # noqa: N802
    def downloadImage(self, imageDestination: str) -> None: ...  # noqa: N802, N803
    def convertImage(self, charBufferNumber: int) -> bool: ...  # noqa: N802, N803
    def createTemplate(self) -> bool: ...  # noqa: N802
    def storeTemplate(self, positionNumber: int = -1) -> int: ...  # noqa: N802, N803
    def loadTemplate(self, positionNumber: int, charBufferNumber: int) -> bool: ...  # noqa: N802, N803
    def deleteTemplate(self, positionNumber: int) -> bool: ...  # noqa: N802, N803
    def clearDatabase(self) -> bool: ...  # noqa: N802
    def searchTemplate(self) -> tuple[int, int]: ...  # noqa: N802
    def compareCharacteristics(self) -> int: ...  # noqa: N802
    def downloadCharacteristics(self, charBufferNumber: int) -> list[int]: ...  # noqa: N802, N803
    def uploadCharacteristics(self, charBufferNumber: int, characteristicsData: list[int]) -> bool: ...  # noqa: N802, N803


def adafruit_on(line: serial.Serial) -> Adafruit:
    """Open Adafruit's driver on a port that is open; it says the password and reads the parameters."""
    import adafruit_fingerprint

    made: Any = adafruit_fingerprint.Adafruit_Fingerprint(line)
    return cast("Adafruit", made)


def pyfingerprint_on(port: str, baud: int = 57600) -> PyFingerprint:
    """Open pyfingerprint on a port, and say the password. Raises ValueError when the module refuses it."""
    from pyfingerprint.pyfingerprint import PyFingerprint as Driver

    made: Any = Driver(port, baud, 0xFFFFFFFF, 0)
    driver = cast("PyFingerprint", made)
    if not driver.verifyPassword():
        raise ValueError("the module refuses the password")
    return driver
