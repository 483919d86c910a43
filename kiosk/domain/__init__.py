"""What is true: citizens, slots, enrolments. Standard library only; no clock, no disk, no device."""
