"""When something was handed in, as `timestamp.txt` says it: read what is sure, never guess."""

import functools
import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

from dateutil import parser

LARGEST = 1000
_EPOCH = re.compile(r"\d{9,13}(\.\d+)?")
_AHEAD = re.compile(r"\b(?:GMT|UTC)(?=[+-]\d\d:?\d\d(?!\d))")  # what stands before an offset
_REMARK = re.compile(r"\([A-Za-z ]+\)$")  # a zone in words after its offset
_NAMED = re.compile(r"[A-Za-z]{3,5}|[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+")
_UNIVERSAL = frozenset({"UTC", "GMT", "UCT", "ZULU"})
_EARLIEST, _LATEST = datetime(2000, 1, 1), datetime(2100, 1, 1)
_DEFAULTS = (datetime(2000, 1, 1, 1, 1), datetime(2011, 12, 28, 12, 12))
"""What is not said differs between them, so a date of which a part is missing shows."""


def read_timestamp(path: Path, course_zone: str = "UTC") -> datetime | None:
    """Read the file.

    Args:
        course_zone: The zone in which nbgrader writes (`Exchange.timezone`).

    Returns:
        The time in UTC, without a zone, as nbgrader keeps it; None where there is no file.

    Raises:
        ValueError: What stands there is not sure to be a time; the message says why.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror or error}") from error
    if len(raw) > LARGEST:
        raise ValueError("it is too long")
    return parse_timestamp(_decoded(raw), course_zone)


def _decoded(raw: bytes) -> str:
    encoding = "utf-8-sig"
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in raw:
        encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError("it is no text") from error


def parse_timestamp(text: str, course_zone: str = "UTC") -> datetime:
    """The time in UTC.

    Without a zone it is UTC, as nbgrader takes it. The short name of a zone, such as CEST, is taken
    for what it means in the course's own zone, else for what it means everywhere in the tz
    database: CST is an hour in Chicago and another one in Shanghai, so it is not taken.

    Raises:
        ValueError: It is not sure to be a time; the message says why.

    Example:
        >>> parse_timestamp("2026-05-08 22:30:00.25 CEST").isoformat(" ")
        '2026-05-08 20:30:00.250000'
        >>> parse_timestamp("1778272200").isoformat(" ")
        '2026-05-08 20:30:00'
    """
    text = " ".join(text.split())
    if not text:
        raise ValueError("it is empty")
    if re.search(r"(?:GMT|UTC)[+-]\d{1,2}$", text):
        raise ValueError("UTC+2 is two hours ahead for some and behind for others; write +02:00")
    try:
        moment = _epoch(text) if _EPOCH.fullmatch(text) else _written(text, course_zone)
    except OverflowError as error:
        raise ValueError("there is no such day or hour") from error
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError(f"{moment.year} is not a year of any course")
    return moment


def _epoch(text: str) -> datetime:
    """Seconds, or milliseconds, since 1970."""
    seconds = float(text)
    seconds = seconds / 1000 if seconds >= 1e11 else seconds
    return datetime(1970, 1, 1) + timedelta(seconds=seconds)


def _written(text: str, course_zone: str) -> datetime:
    words = _AHEAD.sub("", _REMARK.sub("", text)).split()
    names = [word for word in words if _is_zone(word)]
    bare = " ".join(word for word in words if word not in names)
    # Only 5/6/2026 can be read in several ways.
    sure = re.match(r"\d{4}", bare) or any(_KNOWN.month(word) is not None for word in words)
    orders = ({},) if sure else ({}, {"dayfirst": True}, {"yearfirst": True})
    try:
        readings = {
            parser.parse(bare, default=default, tzinfos=_by_offset, **order)
            for default in _DEFAULTS
            for order in orders
        }
    except parser.ParserError as error:
        raise ValueError("there is no such date, or it is in words") from error
    if len(readings) > 1:
        raise ValueError("it can be read in more than one way, or a part of it is missing")
    (moment,) = readings
    if len(names) + (moment.tzinfo is not None) > 1:
        raise ValueError("it names more than one zone")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    return moment - _offset(names[0], moment, course_zone) if names else moment


_KNOWN = parser.parserinfo()


def _is_zone(word: str) -> bool:
    """Whether a word can be the name of a zone: it is none of a month or of a day."""
    known = _KNOWN.month(word) is not None or _KNOWN.weekday(word) is not None
    return bool(_NAMED.fullmatch(word)) and not known


def _by_offset(name: str | None, offset: int | None) -> tzinfo | None:
    """Offsets in figures; dateutil turns the sign of UTC+2 and takes unknown names for none."""
    if name not in (None, "Z", "UTC") or (name == "UTC" and offset):
        raise parser.ParserError("the zone %s stands inside", name)
    return None if name is None and offset is None else timezone(timedelta(seconds=offset or 0))


def _offset(name: str, moment: datetime, course_zone: str) -> timedelta:
    """How far a zone is from UTC at a time on its own clocks."""
    if name.upper() in _UNIVERSAL:
        return timedelta(0)
    if "/" in name:
        offsets = {hour.utcoffset() for hour in _hours(name, moment)[:1]}
    else:
        offsets = _named(course_zone, name, moment) or {
            offset for zone in _zones() for offset in _named(zone, name, moment)
        }
    if len(offsets) != 1:
        why = "is more than one zone" if offsets else "is no zone that was in use then"
        raise ValueError(f"{name} {why}")
    return offsets.pop() or timedelta(0)


def _hours(zone: str, moment: datetime) -> list[datetime]:
    """The time on a zone's clocks, which may show it twice; nothing where there is no such zone."""
    try:
        info = zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return []
    return [moment.replace(tzinfo=info, fold=fold) for fold in (0, 1)]


def _named(zone: str, name: str, moment: datetime) -> set[timedelta | None]:
    """What a short name means in a zone; nothing where it is not in use there."""
    return {hour.utcoffset() for hour in _hours(zone, moment) if hour.tzname() == name}


@functools.cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(z for z in zoneinfo.available_timezones() if "/" in z))
