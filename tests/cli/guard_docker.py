"""A docker that is made of lists: it refuses, forgets and tells as the real one does. For test_guard.py."""

from __future__ import annotations

import http.server
import json
import re
import socketserver
import threading
import time
import urllib.parse
from contextlib import suppress
from pathlib import Path
from typing import Any

MIB = 2**20
HOUR = 3600


def image_id(name: str) -> str:
    """An ID that tells whose it is."""
    return "sha256:" + name.encode().hex().ljust(64, "0")[:64]


class Docker:
    """What docker has, and what was done to it."""

    def __init__(self, root: Path, size: int, inodes: int) -> None:
        self.root, self.size, self.inodes = root, size, inodes
        self.images: dict[str, dict[str, Any]] = {}
        self.containers: dict[str, dict[str, Any]] = {}
        self.volumes: dict[str, int] = {}
        self.cache: dict[int, int] = {}  # hours not used => MiB
        self.removed: list[str] = []
        self.asked: list[str] = []
        self.streams: list[Any] = []
        self.broken = ""  # requests that match are answered with an error
        self._telling = threading.Lock()

    def image(self, name: str, mib: int, inodes: int = 0, parent: str = "", tags: list[str] | None = None,
              digest: bool = False) -> None:
        """An image with a name of its own, unless told."""
        tags = [f"{name}:1"] if tags is None else tags
        self.images[image_id(name)] = {
            "Id": image_id(name), "ParentId": image_id(parent) if parent else "", "RepoTags": tags or None,
            "RepoDigests": [f"{name}@{image_id(name)}"] if digest else None, "mib": mib, "inodes": inodes, "name": name}
        self.tell()

    def container(self, name: str, image: str, state: str = "running", age: int = 0, volume: str = "",
                  labels: dict[str, str] | None = None, mib: int = 0) -> None:
        """A container of that image, so many seconds old."""
        mounts = [{"Type": "volume", "Name": volume}] if volume else []
        self.containers[name] = {"Id": name, "ImageID": image_id(image), "State": state, "Labels": labels or {},
                                 "Created": int(time.time()) - age, "Mounts": mounts, "mib": mib}
        self.tell()

    def tell(self) -> None:
        """What the disk looks like now."""
        with self._telling:
            parts = [*self.images.values(), *self.containers.values()]
            used = sum(one["mib"] for one in parts) + sum(self.volumes.values()) + sum(self.cache.values())
            inodes = sum(one.get("inodes", 0) for one in parts)
            line = f"{MIB} {self.size} {self.size - used} {self.inodes} {self.inodes - inodes}\n"
            (self.root / "stat.new").write_text(line)
            (self.root / "stat.new").rename(self.root / "stat")

    def event(self, kind: str, action: str, name: str, ago: int = 0, **attributes: str) -> None:
        """Tells all who listen."""
        line = json.dumps({"Type": kind, "Action": action, "Actor": {"ID": name, "Attributes": attributes},
                           "time": int(time.time()) - ago})
        for stream in self.streams:
            with suppress(OSError):
                stream.write(line.encode() + b"\n")
                stream.flush()

    def _using(self, image: str) -> bool:
        return any(one["ImageID"] == image for one in self.containers.values())

    def _has_children(self, image: str) -> bool:
        return any(one["ParentId"] == image for one in self.images.values())

    def remove_image(self, name: str) -> tuple[int, Any]:
        """As docker does it: the name, then, unless something is built on it, the image and its nameless parents."""
        found = next((one for one in self.images.values()
                      if one["Id"] == name or name in (one["RepoTags"] or [])), None)
        if not found:
            return 404, {"message": "No such image"}
        if self._using(found["Id"]):
            return 409, {"message": "conflict: it is being used"}
        told: list[dict[str, str]] = []
        if name != found["Id"]:
            found["RepoTags"].remove(name)
            told.append({"Untagged": name})
            self.event("image", "untag", found["Id"])
            self.removed.append(name)
        elif self._has_children(name):
            return 409, {"message": "conflict: image has dependent child images"}
        while found and not found["RepoTags"] and not self._has_children(found["Id"]) and not self._using(found["Id"]):
            del self.images[found["Id"]]
            told.append({"Deleted": found["Id"]})
            self.event("image", "delete", found["Id"])
            self.removed.append(f"image {found['name']}")
            found = self.images.get(found["ParentId"])
        return 200, told

    def prune(self, query: dict[str, list[str]]) -> tuple[int, Any]:
        """The build cache that was not used for so long."""
        limit = int(json.loads(query["filters"][0])["until"][0].removesuffix("s"))
        gone = [age for age in self.cache if age * HOUR >= limit]
        for age in gone:
            del self.cache[age]
            self.removed.append(f"cache of {age} h")
        return 200, {"CachesDeleted": [str(age) for age in gone], "SpaceReclaimed": 0}

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        """One request."""
        self.asked.append(f"{method} {path}")
        if self.broken and re.search(self.broken, f"{method} {path}"):
            return 500, {"message": "it hurts"}
        kind, _, name = path.lstrip("/").partition("/")
        if path == "/build/prune":
            return self.prune(query)
        if method == "DELETE" and kind == "images":
            return self.remove_image(name)
        if method == "DELETE":
            there: dict[str, Any] = {"containers": self.containers, "volumes": self.volumes}[kind]
            if there.pop(name, None) is None:
                return 404, {"message": "no such thing"}
            self.removed.append(f"{kind.removesuffix('s')} {name}")
            self.event(kind.removesuffix("s"), "destroy", name)
            return 204, None
        lists = {"/containers/json": list(self.containers.values()), "/images/json": list(self.images.values()),
                 "/volumes": {"Volumes": [{"Name": one} for one in self.volumes] or None}}
        if path in lists:
            return 200, lists[path]
        name = name.removesuffix("/json")
        if kind == "containers" and name in self.containers:
            return 200, {"Id": name, "Image": self.containers[name]["ImageID"]}
        found = [one for one in self.images.values() if name in (one["RepoTags"] or [])]
        return (200, {"Id": found[0]["Id"]}) if found else (404, {"message": f"No such {kind}"})


class Server(socketserver.ThreadingUnixStreamServer):
    """Docker's socket."""

    daemon_threads = True

    def __init__(self, docker: Docker, path: Path) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            """One request a connection."""

            def do_GET(self) -> None:  # pylint: disable=invalid-name
                """The same for all methods."""
                url = urllib.parse.urlsplit(self.path)
                path = urllib.parse.unquote(url.path)
                if path == "/events":
                    self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
                    docker.streams.append(self.wfile)
                    with suppress(OSError):
                        self.connection.recv(1)  # until the guard goes
                    docker.streams.remove(self.wfile)
                    return
                status, value = docker.answer(self.command, path, urllib.parse.parse_qs(url.query))
                docker.tell()
                body = json.dumps(value).encode() if value is not None else b""
                self.wfile.write(f"HTTP/1.0 {status} -\r\n\r\n".encode() + body)

            do_POST = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        super().__init__(str(path), Handler)
