"""The office database's tables, in the part of SQL that SQLite and PostgreSQL share.

A change here needs a step in `kiosk.office.migrations`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

# SQLite numbers rows by itself only in a column of exactly this type.
_Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

# Times are RFC 3339 text in UTC with microseconds: they sort, and no driver's time zone habits touch them.
enrolment = Table(
    "enrolment",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("kiosk", String(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("prev", LargeBinary, nullable=False),
    Column("sealed_at", String(32), nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("size", Integer, nullable=False),
    Column("person", String),
    Column("name", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32), nullable=False),
    Column("slots", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("receipt", LargeBinary),
    Column("supplements", String(36)),
    # Whether a slot was left empty with a reason.
    Column("excepted", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("kiosk", "seq", name="one_package_per_place"),
    sqlite_autoincrement=True,
)
Index("enrolment_received", enrolment.c.received_at)
Index("enrolment_excepted", enrolment.c.excepted, enrolment.c.number)

# How many enrolments of each kiosk are here, and the highest number: kept with each commit, so that nobody counts.
tally = Table(
    "tally",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("highest", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
)

package = Table(
    "package",
    metadata,
    Column("number", _Number, ForeignKey("enrolment.number"), primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

# Settled receipts that the broker has not taken yet.
untold = Table(
    "untold",
    metadata,
    Column("number", _Number, ForeignKey("enrolment.number"), primary_key=True, autoincrement=False),
)

# What goes up to the office above, and its word on each; a row is made with the enrolment, where there is one above.
forward = Table(
    "forward",
    metadata,
    Column("number", _Number, ForeignKey("enrolment.number"), primary_key=True, autoincrement=False),
    # As in a kiosk's outbox: "sealed" is what the office above does not have.
    Column("status", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("receipt", LargeBinary),
    Column("receipt_at", String(32)),
)
Index("forward_status", forward.c.status, forward.c.number)

# Words of the offices below about their kiosks: by which key (hex) each signs, and what a word is worth, one of
# `kiosk.office.vouching.Trust`.
vouching = Table(
    "vouching",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("office", String(32), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("standing", String(16), nullable=False),
    Column("at", String(32), nullable=False),
)
Index("vouching_office", vouching.c.office, vouching.c.standing)
# Two collectors that hear two first words at once: one of them counts.
_current = text("standing = 'current'")
Index("vouching_current", vouching.c.kiosk, unique=True, sqlite_where=_current, postgresql_where=_current)

# The newest copies of what root has published that any collector has worked by, each signed by the receipt key.
carried = Table(
    "carried",
    metadata,
    Column("what", String(16), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("place", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("word", LargeBinary, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=True),
    Column("kiosk", String(32), nullable=False),
    Column("id", String(36), nullable=False),
    Column("seq", BigInteger),
    Column("sha256", LargeBinary, nullable=False),
    Column("code", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("receipt", LargeBinary),
    UniqueConstraint("kiosk", "sha256", name="quarantined_once"),
    sqlite_autoincrement=True,
)

alarm = Table(
    "alarm",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=True),
    Column("kiosk", String(32), nullable=False),
    Column("code", String(64), nullable=False),
    Column("detail", String, nullable=False),
    Column("at", String(32), nullable=False),
    UniqueConstraint("kiosk", "code", "detail", name="said_once"),
    sqlite_autoincrement=True,
)

# What kiosks were ordered to do, as it was signed, and what they said to it. A row is never changed by a later command.
command = Table(
    "command",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("n", _Number, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("verb", String(32), nullable=False),
    Column("args", JSON, nullable=False),
    Column("at", String(32), nullable=False),
    Column("until", String(32), nullable=False),
    Column("by", String(64), nullable=False),
    Column("signed", LargeBinary, nullable=False),
    # "given", then what the kiosk says: "accepted", "done", "refused".
    Column("state", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("answered_at", String(32)),
    Column("lines", JSON),
    # When the broker first took it for this kiosk.
    Column("told_at", String(32)),
)
# Those that wait for an answer, which are few among all that were ever given.
_waits = text("state = 'given'")
Index(
    "command_waits",
    command.c.kiosk,
    command.c.n,
    command.c.until,
    sqlite_where=_waits,
    postgresql_where=_waits,
)
# The highest number that a kiosk says it has taken: an office restored from a backup counts on from there.
command_seen = Table(
    "command_seen",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("n", _Number, nullable=False),
)

# What settings are wanted of kiosks, as it was signed; of each kiosk the highest number counts.
desired = Table(
    "desired",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("n", _Number, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("by", String(64), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("signed", LargeBinary, nullable=False),
)
# What kiosks told of their settings, since when each value is known, and whether it differs from what is wanted.
settings_told = Table(
    "settings_told",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("n", _Number, nullable=False),
    Column("has", JSON, nullable=False),
    Column("refused", JSON, nullable=False),
    Column("since", JSON, nullable=False),
    Column("told_at", String(32)),
    Column("differs", Boolean, nullable=False),
)

# Rosters on their way, each sealed for one kiosk: nobody here can read them. A row goes when the kiosk has it.
roster = Table(
    "roster",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
# Which key a kiosk's rosters are sealed for, as it has signed it, and what it tells of its roster: counts alone.
roster_kiosk = Table(
    "roster_kiosk",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("n", _Number, nullable=False),
    Column("key", JSON),
    Column("issued", String(10)),
    Column("people", Integer),
    Column("done", Integer),
    Column("told_at", String(32)),
)

# What remedies did to weak prints, by kiosk and day; nobody is named. An epoch is one beginning of a kiosk's counting.
remedy = Table(
    "remedy",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("epoch", String(16), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("verdict", String(16), primary_key=True),
    Column("remedy", String(16), primary_key=True),
    Column("tried", Integer, nullable=False),
    Column("helped", Integer, nullable=False),
    Column("before", Integer, nullable=False),
    Column("after", Integer, nullable=False),
)
Index("remedy_day", remedy.c.day)

# Who may look at the page; a role is a number of `kiosk.office.accounts.Role`.
account = Table(
    "account",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("role", Integer, nullable=False),
    Column("password", String(255), nullable=False),
    Column("made_at", String(32), nullable=False),
)

# What people did on the page. Names no citizen.
audit = Table(
    "audit",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("who", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("did", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    sqlite_autoincrement=True,
)

# When the office last did what must not be forgotten: "backup" is one that was read back.
last_done = Table(
    "last_done",
    metadata,
    Column("what", String(32), primary_key=True),
    Column("at", String(32), nullable=False),
)

# Enrolments with exceptions that somebody has looked at.
review = Table(
    "review",
    metadata,
    Column("number", _Number, ForeignKey("enrolment.number"), primary_key=True, autoincrement=False),
    Column("by", String(32), nullable=False),
    Column("at", String(32), nullable=False),
)

kiosk_last = Table(
    "kiosk_last",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("province", String(32), nullable=False),
    Column("commune", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("state_at", String(32)),
    Column("seen_at", String(32)),
    Column("sw", String(128), nullable=False),
    Column("outbox_n", BigInteger),
    Column("outbox_since", String(32)),
    Column("seq_last", BigInteger),
    Column("charge", Float),
    Column("mains", Boolean),
    Column("faults", JSON),
    Column("told_at", String(32)),
    Column("outbox_bytes", BigInteger),
    Column("disk_free", BigInteger),
    Column("disk_size", BigInteger),
    Column("clock_src", String(128)),
    Column("clock_offset_s", Float),
    Column("net_via", String(128)),
    Column("net_up_s", BigInteger),
    Column("glass_tries", Integer),
    Column("glass_dirty", Integer),
    Column("board_c", Float),
    Column("officer", String(8)),
    Column("paused_n", BigInteger),
    Column("paused_overdue", BigInteger),
    # What stands there, by code: the level and since when; None where nothing was ever told.
    Column("alerts", JSON),
)

# How kiosks were: one row for each minute (span 1) and hour (span 60) in which a kiosk told of itself. `at` counts
# spans since the epoch by the office's clock; in this order a kiosk's rows lie apart, and new ones go to the end.
telemetry = Table(
    "telemetry",
    metadata,
    Column("span", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("kiosk", String(32), primary_key=True),
    Column("outbox_n", BigInteger),
    Column("oldest_s", BigInteger),
    Column("seq_last", BigInteger),
    Column("charge", Float),
    Column("mains", Boolean),
    Column("disk_free", BigInteger),
    Column("clock_offset_s", Float),
    Column("clock_good", Boolean),
    Column("glass_dirty", Float),
    Column("board_c", Float),
    Column("faults", Integer),
    sqlite_with_rowid=False,
)
