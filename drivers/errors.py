"""What can go wrong with a device, as one tree of exceptions.

Every driver raises only these. Messages name the device and what to do; they never carry a citizen's data.
"""


class DeviceError(Exception):
    """Something about a device is not as it should be."""


class DeviceMissing(DeviceError, FileNotFoundError):
    """The device that the configuration names was not found at start."""


class DeviceGone(DeviceError, ConnectionError):
    """The device was there and has been unplugged or has died."""


class DeviceTimeout(DeviceError, TimeoutError):
    """The device, or the citizen at it, did not answer in time."""


class DeviceFault(DeviceError, OSError):
    """The device answered, and what it said is an error or makes no sense."""


class DeviceClosed(DeviceError, ValueError):
    """The driver was used after close()."""


class DeviceCancelled(DeviceError):
    """The call was ended by cancel() from another thread."""
