"""Who does the work now? The session runner, one private thread per device, the supervisor."""
