"""Who does the work: the session runner, one private thread per device, and the desks that turn effects into events."""
