"""What happens next: the STEPS table, advance(), and the View that a screen draws. Pure: no clock, disk or device."""
