"""QR codes that the kiosk shows: the claim slip as a matrix of modules."""

from typing import Any


def qr_rows(text: str) -> str:
    """Give the QR of `text` (ISO/IEC 18004, correction level M) as rows of 0 and 1 (1 = dark), without quiet zone."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = code.to_image(scale=1, add_quiet_zones=False)
    picture: Any = memoryview(image)
    return "\n".join("".join("1" if grey == 0 else "0" for grey in row) for row in picture.tolist())
