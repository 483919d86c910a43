"""The supervising office: provisioning, collector, database, page and opening of enrolments."""
