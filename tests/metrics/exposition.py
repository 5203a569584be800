"""The rules of Prometheus' text format 0.0.4, and those of its naming that promtool lints."""

from __future__ import annotations

import re

COMMENT = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)')
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)')
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?(e[-+]?[0-9]+)?|Inf)|NaN")
NO_BASE_UNIT = re.compile(r"_([num]s|(milli|micro|nano)seconds|minutes|hours|days|[kmg]i?b|(kilo|mega|giga)bytes|bits"
                          r"|percent)(_|$)")


class Page:
    """One exposition: what it holds, and what is wrong with it."""

    def __init__(self, text: str) -> None:
        self.faults: list[str] = []
        self.types: dict[str, str] = {}
        self.samples: dict[str, list[tuple[dict[str, str], float]]] = {}
        self._helps: set[str] = set()
        self._seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
        self._last = ""
        if not text.endswith("\n"):
            self.faults.append("the last line does not end")
        for line in text.split("\n")[:-1]:
            if line.startswith("#"):
                self._comment(line)
            else:
                self._sample(line)
        for name in self.types:
            if name not in self.samples:
                self.faults.append(f"{name}: no samples")
            if name not in self._helps:
                self.faults.append(f"{name}: no HELP")
            self._name(name)

    def _comment(self, line: str) -> None:
        found = COMMENT.fullmatch(line)
        if not found:
            self.faults.append(f"neither HELP nor TYPE: {line}")
            return
        kind, name, rest = found.groups()
        if name in self.samples:
            self.faults.append(f"{name}: {kind} after its samples")
        if kind == "HELP":
            if name in self._helps:
                self.faults.append(f"{name}: HELP twice")
            self._helps.add(name)
            if not rest.strip():
                self.faults.append(f"{name}: HELP says nothing")
            if re.search(r"\\[^\\n]|\\$", rest):
                self.faults.append(f"{name}: HELP with a lonely backslash")
        else:
            if name in self.types:
                self.faults.append(f"{name}: TYPE twice")
            if rest not in ("counter", "gauge", "histogram", "summary", "untyped"):
                self.faults.append(f"{name}: TYPE {rest}")
            self.types[name] = rest

    def _sample(self, line: str) -> None:
        found = SAMPLE.fullmatch(line)
        if not found:
            self.faults.append(f"no sample: {line}")
            return
        name, text, value = found.group(1), found.group(2) or "", found.group(3)
        labels = dict(LABEL.findall(text))
        if LABEL.sub("", text) or len(labels) != len(LABEL.findall(text)) or text.endswith(","):
            self.faults.append(f"{name}: labels {text}")
        if not NUMBER.fullmatch(value):
            self.faults.append(f"{name}: the value {value}")
            return
        if name not in self.types:
            self.faults.append(f"{name}: no TYPE before it")
        if name in self.samples and self._last != name:
            self.faults.append(f"{name}: samples in several places")
        self._last = name
        series = (name, frozenset(labels.items()))
        if series in self._seen:
            self.faults.append(f"{name}: the same series twice: {text}")
        self._seen.add(series)
        self.samples.setdefault(name, []).append((labels, float(value)))
        if self.types.get(name) == "counter" and not float(value) >= 0:
            self.faults.append(f"{name}: a counter below 0")

    def _name(self, name: str) -> None:
        kind = self.types[name]
        if (kind == "counter") != name.endswith("_total"):
            self.faults.append(f"{name}: _total is for counters, and for all of them")
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            self.faults.append(f"{name}: not in snake case")
        if re.search(r"_(counter|gauge|metric)(_|$)", name):
            self.faults.append(f"{name}: its type in its name")
        if NO_BASE_UNIT.search(name):
            self.faults.append(f"{name}: no base unit")
