"""What does the card say? ICAO 9303 over any `transmit(bytes) -> bytes`, and the QR printed on the card."""
