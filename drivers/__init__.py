"""How to talk to the hardware, one folder per device. Knows nothing of the kiosk."""
