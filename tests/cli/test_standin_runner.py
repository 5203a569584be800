#!/usr/bin/python3
"""The stand-in runner against the GitLab stand-in, and the faults the latter can be told to have.

Its docker is a shell script that runs the job's script with sh.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
FAKE = Path(__file__).resolve().parents[1] / "fake"
sys.path.insert(0, str(FAKE))

from harness import StandIn, wait_for  # noqa: E402  pylint: disable=wrong-import-position

ADMIN = "glpat-standin-admin-0000001"
SYSTEM_ID = "s_0123456789ab"
ENDED = ("success", "failed", "canceled")

DOCKER = """\
#!/bin/sh
# As much of docker as the stand-in runner uses; a container is a session of processes.
folder=${0%/*}
echo "$*" >>"$folder/arguments"
if [ "$1" = kill ]; then
    exec kill -9 -- "-$(cat "$folder/$2.pid")"
fi
shift
while [ $# -gt 0 ]; do
    case $1 in
    --name) name=$2; shift 2 ;;
    --env-file)
        while IFS= read -r line; do export "$line"; done <"$2"
        shift 2 ;;
    --label | -w | -v | --network | --pull) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
shift
exec setsid sh -c 'echo $$ >"$0"; exec "$@"' "$folder/$name.pid" "$@"
"""

CONFIG = """\
concurrent = {concurrent}
check_interval = 1
listen_address = "127.0.0.1:0"
[[runners]]
name = "test"
url = "{url}"
token = "{token}"
executor = "docker"
environment = ["FROM_CONFIG=yes"]
[runners.docker]
image = "default-image"
privileged = true
volumes = ["/cache"]
pull_policy = "if-not-present"
"""


class RunnerProcess:
    """A running stand-in runner; a context manager."""

    def __init__(self, standin: StandIn, token: str, concurrent: int = 1) -> None:
        self.folder = standin.folder
        self.log = self.folder / "runner.log"
        config = self.folder / "config.toml"
        config.write_text(CONFIG.format(url=standin.url, token=token, concurrent=concurrent),
                          encoding="utf-8")
        (self.folder / ".runner_system_id").write_text(SYSTEM_ID, encoding="utf-8")
        docker = self.folder / "docker"
        docker.write_text(DOCKER, encoding="utf-8")
        docker.chmod(0o755)
        self.command = [sys.executable, "-W", "error", str(FAKE / "gitlab-runner"), "run",
                        "--config", str(config), "--working-directory", str(self.folder)]
        self.process: subprocess.Popen[bytes]

    def __enter__(self) -> RunnerProcess:
        path = f"{self.folder}:{os.environ['PATH']}"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self.command, stderr=log, env={**os.environ, "PATH": path})
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def end(self, number: int) -> int:
        """Send a signal and wait for the exit status."""
        self.process.send_signal(number)
        return self.process.wait(15)

    def page(self, path: str) -> str:
        """A page of listen_address."""
        port = wait_for(lambda: re.search(r"listening on port (\d+)", self.log.read_text("utf-8")),
                        "the runner to listen")[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return str(reply.read().decode())


class StandInRunner(unittest.TestCase):
    """One GitLab for each test."""

    def setUp(self) -> None:
        self.gitlab = self.enterContext(StandIn())
        headers = {"PRIVATE-TOKEN": ADMIN, "Content-Type": "application/json"}
        reply = self.gitlab.call("POST", "/api/v4/user/runners",
                                 b'{"runner_type":"instance_type"}', headers=headers)
        self.token = reply.json()["token"]
        self.flag = self.gitlab.folder / "flag"
        self.until_flag = f"while [ ! -e {self.flag} ]; do sleep 0.05; done"

    def outcome(self, job: int, *states: str) -> dict[str, Any]:
        """The job, once it is in one of the states."""
        return wait_for(lambda: (found := self.gitlab.job(job))["status"] in (states or ENDED)
                        and found, f"job {job} to be {states or ENDED}", 15)

    def container(self, job: int) -> str:
        """The process of a job's container, once it runs."""
        file = self.gitlab.folder / f"runner-{job}.pid"
        return str(wait_for(lambda: file.exists() and file.read_text("utf-8").strip(),
                            f"the container of job {job}", 15))

    def run_one(self, *script: str, **more: Any) -> dict[str, Any]:
        """A job from the queue to its end, with nothing left of the runner's."""
        job = self.gitlab.add_job(*script, **more)
        with RunnerProcess(self.gitlab, self.token) as runner:
            found = self.outcome(job)
            self.assertEqual(runner.end(signal.SIGQUIT), 0)
        self.assertNotIn(self.token, runner.log.read_text(encoding="utf-8"))
        self.assertNotIn(found["token"], runner.log.read_text(encoding="utf-8"))
        return found

    def test_success(self) -> None:
        """Variables arrive, output comes back, nothing secret is an argument."""
        job = self.run_one(
            "echo $ONE $FROM_CONFIG", 'printf "<%s>\\n" "$LINES_OF"', "echo a\necho b",
            after_script=["echo after"], image="ci-tools:1",
            variables={"ONE": "it's 1", "LINES_OF": "x\ny", "SECRET": "hush-hush"})
        self.assertEqual((job["status"], job["exit_code"]), ("success", 0))
        self.assertEqual(job["system_id"], SYSTEM_ID)
        for expected in ("$ echo $ONE $FROM_CONFIG\nit's 1 yes\n", "<x\ny>\n",
                         "$ echo a # collapsed multi-line command\na\nb\n", "after\n",
                         "image ci-tools:1", "Job succeeded\n"):
            self.assertIn(expected, job["trace"])
        arguments = (self.gitlab.folder / "arguments").read_text(encoding="utf-8")
        self.assertIn("--name runner-1 --label com.gitlab.gitlab-runner.managed=true", arguments)
        self.assertIn("--privileged -v /cache ci-tools:1 /bin/sh -s", arguments)
        for secret in ("hush-hush", job["token"], self.token):
            self.assertNotIn(secret, arguments)

    def test_failure(self) -> None:
        """The first command that fails ends the script."""
        job = self.run_one("echo before", "(exit 3)", "echo never")
        self.assertEqual((job["status"], job["failure_reason"], job["exit_code"]),
                         ("failed", "script_failure", 3))
        self.assertIn("before\n$ (exit 3)\nERROR: Job failed: exit code 3\n", job["trace"])

    def test_a_command_reads_not_the_script(self) -> None:
        """Standard input of a command is empty."""
        self.assertIn("read nothing", self.run_one("cat", "echo read nothing")["trace"])

    def test_long_log(self) -> None:
        """More than one PATCH, and not a byte wrong."""
        self.gitlab.control("POST", "/settings", {"validate_trace": True})
        job = self.run_one("yes 0123456789abcde | head -c 2500000")
        self.assertEqual(job["status"], "success")
        self.assertEqual(job["trace"].count("0123456789abcde\n"), 2500000 // 16)
        self.assertGreaterEqual(len(self.gitlab.requests("PATCH", "/trace")), 3)

    def test_lost_reply_to_patch(self) -> None:
        """GitLab has the piece, the runner does not know: 416 puts it right."""
        self.gitlab.control("POST", "/faults", {
            "method": "PATCH", "path": "/trace$", "action": "close", "when": "after"})
        job = self.run_one("echo once")
        self.assertEqual(job["status"], "success")
        self.assertEqual(job["trace"].count("\nonce\n"), 1)
        patches = [entry["status"] for entry in self.gitlab.requests("PATCH", "/trace")]
        self.assertEqual(patches, [None, 416])

    def test_log_mismatch(self) -> None:
        """412 makes the runner offer the log from its start."""
        self.gitlab.control("POST", "/faults", {
            "method": "PUT", "path": r"/jobs/\d+$", "after": 2, "action": "status", "status": 412})
        job = self.run_one("echo once")
        self.assertEqual((job["status"], job["trace"].count("\nonce\n")), ("success", 1))
        puts = [entry["status"] for entry in self.gitlab.requests("PUT")]
        self.assertEqual(puts, [200, 412, 200])

    def test_accepted_not_completed(self) -> None:
        """202 makes the runner say it again."""
        self.gitlab.control("POST", "/settings", {"accepted_final_updates": 1})
        self.assertEqual(self.run_one("true")["status"], "success")
        puts = [entry["status"] for entry in self.gitlab.requests("PUT")]
        self.assertEqual(puts, [200, 202, 200])

    def test_time_limit(self) -> None:
        """A job that takes too long is killed."""
        job = self.run_one("sleep 60", timeout=1)
        self.assertEqual((job["status"], job["failure_reason"]),
                         ("failed", "job_execution_timeout"))

    def test_cancel(self) -> None:
        """A canceled job is killed when GitLab says so."""
        job = self.gitlab.add_job("while :; do echo line; sleep 0.1; done")
        with RunnerProcess(self.gitlab, self.token):
            self.outcome(job, "running")
            self.gitlab.control("POST", f"/jobs/{job}/cancel")
            self.assertEqual(self.outcome(job, *ENDED)["status"], "canceled")

    def test_two_at_once(self) -> None:
        """`concurrent` jobs run at the same time, and no more."""
        jobs = [self.gitlab.add_job(self.until_flag) for _ in range(3)]
        with RunnerProcess(self.gitlab, self.token, concurrent=2) as runner:
            for job in jobs[:2]:
                self.outcome(job, "running")
            wait_for(lambda: re.search(r"gitlab_runner_jobs\{.*step_script.*\} 2",
                                       runner.page("/metrics")), "two jobs in /metrics")
            self.assertEqual(self.gitlab.job(jobs[2])["status"], "pending")
            self.flag.touch()
            for job in jobs:
                self.assertEqual(self.outcome(job)["status"], "success")

    def test_drain(self) -> None:
        """SIGQUIT: the running job ends well, the next is left to others."""
        first, second = (self.gitlab.add_job(self.until_flag) for _ in range(2))
        with RunnerProcess(self.gitlab, self.token) as runner:
            self.outcome(first, "running")
            self.assertEqual(runner.page("/health/ready"), "ready")
            runner.process.send_signal(signal.SIGQUIT)
            wait_for(lambda: 'state="graceful-shutdown"} 1' in runner.page("/metrics"),
                     "the drain to begin")
            short = self.token.removeprefix("glrt-")[:9]
            page = runner.page("/metrics")
            self.assertRegex(page, rf'gitlab_runner_jobs{{.*runner="{short}".*state="running",'
                                   rf'system_id="{SYSTEM_ID}"}} 1')
            self.assertRegex(page, r'api_request_statuses_total{endpoint="request_job",.*'
                                   r'status="201".*} 1')
            # systemd signals the whole group: docker's client must not hear it
            status = Path(f"/proc/{self.container(first)}/status").read_text("utf-8")
            blocked = int(re.findall(r"SigBlk:\s*(\w+)", status)[0], 16)
            self.assertTrue(blocked >> (signal.SIGQUIT - 1) & 1)
            self.assertIsNone(runner.process.poll())
            self.flag.touch()
            self.assertEqual(runner.process.wait(15), 0)
        self.assertEqual(self.gitlab.job(first)["status"], "success")
        self.assertEqual(self.gitlab.job(second)["status"], "pending")

    def test_abort(self) -> None:
        """SIGTERM: the running job fails, and GitLab hears why."""
        job = self.gitlab.add_job(self.until_flag)
        with RunnerProcess(self.gitlab, self.token) as runner:
            self.container(job)
            self.assertEqual(runner.end(signal.SIGTERM), 0)
        found = self.gitlab.job(job)
        self.assertEqual((found["status"], found["failure_reason"]),
                         ("failed", "runner_system_failure"))
        self.assertIn("aborted: terminated", found["trace"])

    def test_paused(self) -> None:
        """A paused runner asks and gets nothing; idle, it has no series of jobs."""
        headers = {"PRIVATE-TOKEN": ADMIN, "Content-Type": "application/json"}
        self.gitlab.call("PUT", "/api/v4/runners/1", b'{"paused":true}', headers=headers)
        job = self.gitlab.add_job("true")
        with RunnerProcess(self.gitlab, self.token) as runner:
            asked = wait_for(lambda: len(found := self.gitlab.requests("POST", "/jobs/request"))
                             >= 2 and found, "two requests")
            self.assertEqual({entry["status"] for entry in asked}, {204})
            self.assertNotIn("gitlab_runner_jobs", runner.page("/metrics"))
        self.assertEqual(self.gitlab.job(job)["status"], "pending")

    def test_wrong_token(self) -> None:
        """Three refusals, and the runner is left alone."""
        with RunnerProcess(self.gitlab, "glrt-wrong-token-0001") as runner:
            wait_for(lambda: b"not healthy" in runner.log.read_bytes(), "the runner to give up")
            asked = self.gitlab.requests("POST", "/jobs/request")
            self.assertEqual([entry["status"] for entry in asked], [403] * 3)
            self.assertNotIn(b"wrong-token-0001", runner.log.read_bytes())
            self.assertEqual(runner.end(signal.SIGQUIT), 0)

    def test_version(self) -> None:
        """It says what it is."""
        text = subprocess.run([str(FAKE / "gitlab-runner"), "--version"], check=True,
                              capture_output=True, text=True).stdout
        self.assertRegex(text, r"(?m)^Version: +0\.0\.0-standin$")
        self.assertIn("stand-in", text)

    def test_state_and_log_hold_no_secret_in_the_log(self) -> None:
        """The request log names kinds of credentials, never one of them."""
        self.run_one("true")
        log = json.dumps(self.gitlab.control("GET", "/requests"))
        for secret in (self.token, ADMIN, self.gitlab.job(1)["token"]):
            self.assertNotIn(secret, log)
        for kind in ("access_token", "runner_token", "job_token"):
            self.assertIn(f'"kind": "{kind}"', log)


OUTAGES = (http.client.HTTPException, ConnectionError)
RUNNERS_PATH = "/api/v4/user/runners"
# an order, and the status it leads to, or True for a connection that breaks
ORDERS: list[tuple[dict[str, Any], int | bool]] = [
    *(({"action": "status", "status": status}, status) for status in
      (401, 403, 404, 409, 410, 422, 429, 500, 503)),
    ({"action": "status", "status": 429, "headers": {"Retry-After": "7"}}, 429),
    ({"action": "status", "status": 502, "body": "<html>", "content_type": "text/html"}, 502),
    ({"action": "status", "status": 201, "body": "{}", "content_type": "text/plain"}, 201),
    ({"action": "close"}, True),
    ({"action": "close", "when": "after"}, True),
    ({"action": "hang", "seconds": 0.1}, True),
    ({"action": "hang", "seconds": 0.1, "answer": True}, 201),
    ({"action": "truncate", "when": "after", "bytes": 9}, True),
    ({"action": "garbage"}, 200),
    ({"action": "garbage", "raw": True}, True),
    ({"action": "slow", "when": "after", "bytes_per_second": 2000}, 201),
    ({"action": "huge", "size": 1 << 20}, 200),
    ({"action": "redirect", "status": 301, "location": "/elsewhere"}, 301),
    ({"action": "login_page"}, 200),
]


class Faults(unittest.TestCase):
    """Every way in which the stand-in can be told to fail."""

    def test_orders(self) -> None:
        """The second request fails as ordered, the first and the third do not."""
        headers = {"PRIVATE-TOKEN": ADMIN, "Content-Type": "application/json"}
        with StandIn() as standin:
            def create() -> int | bool:
                try:
                    reply = standin.call("POST", RUNNERS_PATH, b'{"runner_type":"instance_type"}',
                                         headers=headers)
                except OUTAGES:
                    return True
                return reply.status

            for order, expected in ORDERS:
                with self.subTest(order):
                    standin.control("PUT", "/state", {})
                    standin.control("DELETE", "/faults")
                    standin.control("POST", "/faults",
                                    {"path": "user/runners$", "after": 2, **order})
                    self.assertEqual([create() for _ in range(3)], [201, expected, 201])
                    done = order.get("when") == "after" or "answer" in order
                    made = len(standin.control("GET", "/state")["runners"])
                    self.assertEqual(made, 3 if done else 2)


class FourAtATime(unittest.TestSuite):
    """Tests that mostly wait; each has processes and folders of its own."""

    def run(self, result: unittest.TestResult, debug: bool = False) -> unittest.TestResult:
        """Run them."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda test: test(result), self))
        return result


def load_tests(_loader: object, suites: unittest.TestSuite, _pattern: object) -> FourAtATime:
    """What unittest asks a module for."""
    return FourAtATime(test for suite in suites for test in suite)


if __name__ == "__main__":
    unittest.main()
