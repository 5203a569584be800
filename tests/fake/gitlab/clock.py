"""Times: datetime inside functions, GitLab's text form (ms digits and Z) at rest."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime


def now() -> datetime:
    """The current time, with a zone."""
    return datetime.now(timezone.utc)


def text(moment: datetime) -> str:
    """A time as GitLab's REST API writes it: 2026-01-11T14:39:24.000Z."""
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def now_text() -> str:
    """The current time as text."""
    return text(now())


def parse(value: str) -> datetime:
    """A time from text; a date alone is midnight UTC. ValueError if it is none."""
    moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def after(seconds: float) -> str:
    """The time that many seconds from now, as text."""
    return text(now() + timedelta(seconds=seconds))


def passed(value: str | None) -> bool:
    """Whether a stored time is set and lies in the past."""
    return value is not None and parse(value) <= now()


def age(value: str) -> float:
    """Seconds since a stored time."""
    return (now() - parse(value)).total_seconds()


def http_date(value: str) -> datetime:
    """The time of an HTTP date header. ValueError if it is none."""
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
