"""The inside of an appliance, asked and ill-treated by root in it: what the configuration brings there, and what
cannot be written.

    scripts/lab run --dir STATE -- python3 tests/live/test_inside.py BUILD_DIR

STATE keeps the image. Root in the guest is a job's privileged container with the guest's own root at /host.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import live
from live import ADMIN, POOL, Case, main, say, virsh, wait_for
from test_verify import ensure_image

TIMEOUT = 9
NAME = "ci-1"
PASSWORD = "sesame-of-the-proxy"
ROOT = "docker run --rm --privileged --pid host -v /:/host ci-tools:1 chroot /host nsenter -t 1 -m -u -n -i /bin/sh -c "
# Each line must fail.
SPOIL = """\
touch /spoilt
mount -o remount,rw /; touch /spoilt
echo x >/etc/passwd
blockdev --setrw /dev/vda 2>/dev/null; dd if=/dev/zero of=/dev/vda bs=4096 count=1 conv=fsync
blockdev --setrw /dev/vdb 2>/dev/null; dd if=/dev/zero of=/dev/vdb bs=4096 count=1 conv=fsync
mount -o rw /dev/vdb /mnt && touch /mnt/spoilt; failed=$?; umount /mnt; exit $failed
"""

# What root may change while the appliance runs; each must be seen, and be gone after a start.
CHANGE = """\
for d in /tmp /var/tmp /var/log /run/gitlab-runner; do echo rubbish >$d/rubbish; done
echo another >/proc/sys/kernel/hostname
echo 'search changed.example' >>/run/resolv.conf
echo '{}' >/run/docker-config/daemon.json
mkdir -p /run/systemd/system; printf '[Service]\\nExecStart=/bin/false\\n' >/run/systemd/system/rubbish.service
systemctl stop runner-guard.service
mount -t tmpfs over /usr/local
echo 7 >/proc/sys/vm/swappiness
iptables -A INPUT -p tcp --dport 7 -j DROP
"""
# What makes an appliance what it is: who it is, what is mounted and lies about, what must run and does.
FACTS = """\
cat /etc/machine-id /proc/sys/kernel/hostname /etc/resolv.conf
(cd /run; sha256sum gitlab-runner/config.toml gitlab-runner/.runner_system_id docker-config/daemon.json ca-certificates.crt)
grep -v ' /\\(run/docker\\|var/lib/docker\\)/' /proc/self/mounts | cut -d ' ' -f 1-4 | sort
find /tmp /var/tmp /var/log /usr/local /run/systemd/system /run/gitlab-runner | sort
systemctl list-unit-files --no-legend --no-pager | grep -v ' transient '
systemctl list-units --no-legend --no-pager --plain --type=service | grep -v ^systemd- | cut -d ' ' -f 1
cat /proc/sys/vm/swappiness; iptables -S INPUT
"""
FULL = ("/tmp", "/run", "/run/log", "/var/tmp", "/var/log", "/dev/shm")
FILL = ("base64 -w 45000 /dev/urandom | head -n 450 | logger --size 64k -p user.debug; journalctl --disk-usage; "
        f"for d in {' '.join(FULL)}; do dd if=/dev/zero of=$d/fill bs=64k 2>/dev/null; df -k $d | tail -n 1; done; head -n 3 /proc/meminfo")


def checksum(path: Path) -> str:
    """Of a file on the host."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Inside(Case):
    """The tests share an appliance."""

    before: set[str]
    changed: set[str]

    def queue(self, script: str) -> int:
        """A job of that script, in one piece."""
        order = {"image": "ci-tools:1", "timeout": 600, "tags": ["one"], "script": [script]}
        return int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])

    def state(self, number: int) -> dict[str, Any]:
        """How that job is."""
        return dict(self.world.gitlab.call("GET", f"/-/standin/jobs/{number}"))

    def end(self, number: int) -> str:
        """What a job says that must succeed."""
        wait_for(lambda: self.state(number)["status"] in ("success", "failed"), f"job {number}", 400, 0.5)
        told = self.state(number)
        self.assertEqual("success", told["status"], told["trace"])
        return str(told["trace"])

    def as_root(self, script: str) -> str:
        """What a script of root in the guest says."""
        return self.end(self.queue(ROOT + shlex.quote(script)))

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        cls.addClassCleanup(lambda: world.run("destroy", "--now", NAME))
        world.secrets.add(PASSWORD)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "30", "-subj", "/CN=registry", "-keyout", "/dev/null", "-out", live.FOLDER / "more.pem"],
                       check=True, capture_output=True)
        lan, site = os.environ["LAB_LAN_HOST"], os.environ["LAB_SITE_NAME"]
        world.config(
            host={"templates": None}, appliance={"image": ensure_image(world)},
            runner={"docker-image": "ci-tools:1", "pull-policy": "if-not-present",
                    "http-proxy": f"http://me:{PASSWORD}@{lan}:80", "no-proxy": site, "ca-file": live.FOLDER / "more.pem"},
            gitlab={"url": world.gitlab.url, "ca-file": world.gitlab.certificate, "token-file": world.token(ADMIN)},
            isolation={"dns": os.environ["LAB_DNS_ADDR"]},
            **{"profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "2GiB"},
               "config.toml": {"runners.environment": "FROM_CONFIG=yes", "runners.docker.volumes": "/from-config"}},
        ).replace(live.FOLDER / "usual.conf")
        ended = world.start("create", NAME, "--tags", "one", "--wait=15m").end(1000)
        assert ended.status == 0, str(ended)
        assert PASSWORD not in ended.err, str(ended)

    def test_0_memory(self) -> None:
        """a guest without a job takes little of what it was given"""
        time.sleep(30)
        told = self.guest()
        used = (told["memory_total"] - told["memory_available"]) / 2**20
        say(f"{used:.0f} MiB of {told['memory_total'] / 2**20:.0f} are used, {told['uptime']:.0f} s after its start")
        self.assertLessEqual(used, 220)

    def test_1_configuration(self) -> None:
        """proxy, its exceptions, resolver, certificates and keys of config.toml are where they should be"""
        said = self.end(self.queue(
            f"echo proxied=$(wget -q -O - http://{os.environ['LAB_SITE_NAME']}/)\n"
            f"echo direct=$(wget -Y off -q -O - http://{os.environ['LAB_SITE_NAME']}/)\n"
            "echo exceptions=$NO_PROXY; echo from_config=$FROM_CONFIG; echo volume=$(ls -d /from-config)\n"
            "docker info --format 'daemon={{.HTTPProxy}} {{.NoProxy}}'\n"
            "echo resolver=$(cat /etc/resolv.conf)\n"
            "docker run --rm ci-tools:1 sh -c 'echo nested=$(cat /etc/resolv.conf)'"))
        for line in ("proxied=lab: lan", "direct=lab: internet", "from_config=yes", "volume=/from-config",
                     f"exceptions=localhost,127.0.0.1,docker,{os.environ['LAB_SITE_NAME']}", f"resolver=nameserver {os.environ['LAB_DNS_ADDR']}", f"nested=nameserver {os.environ['LAB_DNS_ADDR']}"):
            self.assertRegex(said, rf"(?m)^{re.escape(line)}")
        self.assertRegex(said, rf"(?m)^daemon=http://\S+@{os.environ['LAB_LAN_HOST']}:80 localhost,127.0.0.1,docker,")
        more = (live.FOLDER / "more.pem").read_text().splitlines()[1]
        said = self.as_root(f"grep -cF '{more}' /run/ca-certificates.crt /run/gitlab-runner/ca.pem; "
                            "stat -c 'mode=%a' /run/gitlab-runner/proxy /run/gitlab-runner/config.toml")
        self.assertEqual(["/run/ca-certificates.crt:1", "/run/gitlab-runner/ca.pem:1"], re.findall(r"(?m)^/run\S+", said))
        self.assertEqual(["600", "600"], re.findall(r"mode=(\d+)", said))
        for shown in (virsh("dumpxml", "--security-info", f"{NAME}.1"), self.world.do("status", NAME).out,
                      self.world.do("status", "--json", NAME).out):
            self.assertNotIn(PASSWORD, shown)

    def test_2_read_only(self) -> None:
        """root cannot change root or config disk"""
        disks = [*POOL.glob("*.root.squashfs"), POOL / f"{NAME}.1.config"]
        before = {str(disk): checksum(disk) for disk in disks}
        script = "".join(f"if ( {line} ) >/dev/null 2>&1; then echo SPOILT {number}; else echo held; fi\n"
                         for number, line in enumerate(SPOIL.splitlines()))
        said = self.as_root(script + "sync")
        self.assertNotRegex(said, r"(?m)^SPOILT")
        self.assertEqual(len(SPOIL.splitlines()), len(re.findall(r"(?m)^held$", said)), said)
        self.assertEqual(before, {str(disk): checksum(disk) for disk in disks})

    def guest(self) -> dict[str, Any]:
        """What the guest tells, if it does."""
        return dict(json.loads(self.world.do("status", "--json", NAME).out)["appliances"][0]["guest"] or {})

    def facts(self) -> set[str]:
        """The guest's."""
        return set(re.findall(r"(?m)^=(.*)", self.as_root(f"( {FACTS} ) 2>&1 | sed s/^/=/")))

    def test_3_full(self) -> None:
        """a guest whose /tmp, /run and journal are full answers as before, and runs jobs"""
        Inside.before = self.facts()
        self.end(self.queue("docker volume create kept; docker run --rm -v kept:/v ci-tools:1 sh -c 'echo mine >/v/file'"))
        self.as_root(CHANGE)
        Inside.changed = self.facts()
        said = self.as_root(FILL)
        say(said)
        self.assertEqual(set(FULL), set(re.findall(r"(?m) 100% (/\S+)$", said)), said)
        uptime = 0.0
        for _ in range(3):
            told = wait_for(self.guest, "the guest's answer", 24, 1)
            self.assertEqual(("polling", "ok"), (told["runner"], told["docker"]), told)
            self.assertGreater(told["uptime"], uptime)
            uptime = told["uptime"]
            time.sleep(10)
        said = self.end(self.queue("for i in 1 2 3 4 5 6; do docker run -d --name n$i ci-tools:1 sleep 600; done\n"
                                   "docker exec n6 echo still here; docker rm -f n1 n2 n3 n4 n5 n6"))
        self.assertRegex(said, r"(?m)^still here$")

    def test_4_after_a_reboot(self) -> None:
        """out of that state; all is as before, whatever root had changed, but for docker's data"""
        self.assertGreaterEqual(len(self.changed ^ self.before), 2 * len(CHANGE.splitlines()), self.changed ^ self.before)
        uptime = self.guest()["uptime"]
        virsh("reboot", f"{NAME}.1")
        wait_for(lambda: (told := self.guest()) and told["uptime"] < uptime and told["runner"] == "polling", "the reboot", 240, 1)
        self.assertEqual(set(), self.before ^ self.facts())
        self.assertIn("mine", self.end(self.queue("docker run --rm -v kept:/v ci-tools:1 cat /v/file")))

    def test_5_damaged(self) -> None:
        """an image without a root that can be mounted says so on its console, and nobody waits for it"""
        bundle, image = live.FOLDER / "damaged", ensure_image(self.world)
        bundle.mkdir()
        manifest = json.loads(next(POOL.glob(f"{image}@*.manifest.json")).read_text())
        for name in manifest["files"]:
            shutil.copy(next(POOL.glob(f"{image}@*.{name}")), bundle / name)
        root = bundle / "root.squashfs"
        root.write_bytes(b"hsqs" + bytes(1 << 20))
        manifest["files"]["root.squashfs"] = {"size": root.stat().st_size, "sha256": checksum(root)}
        (bundle / "manifest.json").write_text(json.dumps(manifest))
        stored = self.world.do("image", "import", "--bundle", bundle, "--name", "damaged", "-q").out.split()[0]
        self.addCleanup(self.world.run, "image", "remove", "-q", stored)
        self.addCleanup(self.world.run, "destroy", "--now", "ci-2", "-q")
        ended = self.world.start("create", "ci-2", "--image", "damaged", "--wait=15m").end(400)
        self.assertEqual(TIMEOUT, ended.status, str(ended))
        self.assertIn("it was started, but has switched itself off; the last it said: appliance: cannot boot: /dev/vda could not "
                      "be mounted: damaged root.squashfs?", ended.err)


if __name__ == "__main__":
    main(Inside)
