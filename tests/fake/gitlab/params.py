"""Checking of parameters, with the wording of GitLab's own checker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from . import clock
from .web import bare_error

RUNNER_TYPES = ("instance_type", "group_type", "project_type")
ACCESS_LEVELS = ("not_protected", "ref_protected")


@dataclass(frozen=True)
class Param:
    """One parameter: its type, and the values it may have if they are few."""

    name: str
    kind: str = "string"
    required: bool = False
    values: tuple[str, ...] = ()


def check(given: dict[str, Any], *declared: Param, exclusive: tuple[str, ...] = (),
          any_of: tuple[str, ...] = ()) -> dict[str, Any]:
    """The declared parameters that were given, converted; 400 lists what is wrong."""
    taken: dict[str, Any] = {}
    problems: list[str] = []
    for param in declared:
        if param.name not in given:
            if param.required:
                problems.append(f"{param.name} is missing")
                if param.values:
                    problems.append(f"{param.name} does not have a valid value")
            continue
        try:
            value = CONVERTERS[param.kind](given[param.name])
        except (ValueError, TypeError):
            problems.append(f"{param.name} is invalid")
            continue
        blank = value is None and not param.required
        if param.values and value not in param.values and not blank:
            problems.append(f"{param.name} does not have a valid value")
        taken[param.name] = value
    if sum(name in given for name in exclusive) > 1:
        problems.append(f"{', '.join(exclusive)} are mutually exclusive")
    if any_of and not any(name in given for name in any_of):
        problems.append(f"{', '.join(any_of)} are missing, at least one parameter must be provided")
    if problems:
        raise bare_error(400, ", ".join(problems))
    return taken


def number(text: str) -> int:
    """A record's number from a path."""
    try:
        return _integer(text) or 0
    except (ValueError, TypeError) as error:
        raise bare_error(400, "id is invalid") from error


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    return str(value)


def _integer(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, (bool, float)):
        raise TypeError(value)
    return int(value)


def _boolean(value: Any) -> bool | None:
    if value is None or value == "":
        return None
    if str(value).lower() in ("true", "1", "t", "yes", "on"):
        return True
    if str(value).lower() in ("false", "0", "f", "no", "off"):
        return False
    raise ValueError(value)


def _tags(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, (str, list)):
        raise TypeError(value)
    items = value.split(",") if isinstance(value, str) else value
    if not all(isinstance(item, str) for item in items):
        raise TypeError(value)
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def _time(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return clock.text(clock.parse(value))


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "string": _string, "integer": _integer, "boolean": _boolean, "tags": _tags,
    "time": _time, "mapping": _mapping, "file": _mapping,
}
