"""What can go wrong while the work is done."""


class RuntimeFault(Exception):
    """The kiosk's own machinery is not as it should be."""


class WorkerStuck(RuntimeFault, TimeoutError):
    """A thread did not end in time: its device or its disk hangs."""
