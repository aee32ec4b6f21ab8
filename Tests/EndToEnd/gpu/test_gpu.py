"""`steward gpu`: cards handed to commands one holder at a time, by the built binary on eight stand-in GPUs."""
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support import settings
from support.local import ask
from support.nvml import StandInNVML
from support.steward import BINARY, Steward, eventually, is_alive

API_KEY, OTHER_KEY, ADMIN_KEY = "api-" + "a" * 40, "api-" + "b" * 40, "admin-" + "c" * 40


class Shop:
    """A server with GPUs."""

    def __init__(self, serve, folder, count=2, **gpu):
        self.nvml = StandInNVML(folder / "nvml", count)
        gpu = {"interval": "100ms", "grace": "500ms"} | gpu
        self.server = serve(settings=settings.text([settings.zone("/")], gpu=gpu, keys=[
            {"name": "science", "environment": "SCIENCE_KEY"}, {"name": "web", "environment": "WEB_KEY"},
            {"name": "boss", "role": "admin", "environment": "BOSS_KEY"}]), environment=self.nvml.environment | {
                "SCIENCE_KEY": API_KEY, "WEB_KEY": OTHER_KEY, "BOSS_KEY": ADMIN_KEY})
        self.folder = folder
        self.started = []

    @property
    def socket(self):
        return self.server.state / "steward.sock"

    def gpu_run(self, *arguments, **options):
        """Starts `steward gpu run`."""
        head = [a for a in arguments[:arguments.index("--")]]
        command = [str(BINARY), "gpu", "run", *head, "--state", str(self.server.state), *arguments[len(head):]]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   stdin=subprocess.DEVNULL, env=self.server.environment, **options)
        self.started.append(process)
        return process

    def finish(self, process, timeout=20):
        output, errors = process.communicate(timeout=timeout)
        return process.returncode, output, errors

    def status(self):
        return ask(self.socket, "GET", "/_platform/gpus")[1]

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                process.communicate()


class OtherUsersShop(Shop):
    """The same by a server that may not look at the processes of root."""

    class Server(Steward):
        def command(self):
            return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *super().command()]

    def __init__(self, folder):
        state = folder / "steward-state"
        state.mkdir()
        os.chown(state, 65534, 65534)
        super().__init__(lambda **options: self.Server(folder, **options), folder, count=1)


@pytest.fixture
def shop(serve, tmp_path):
    made = []

    def make(**options):
        made.append(Shop(serve, tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def pid_of(path):
    eventually(lambda: path.exists() and path.read_text().strip(), message=f"{path}")
    return int(path.read_text())


def test_a_command_sees_its_gpus_alone_and_its_exit_code_passes_through(shop):
    one = shop()
    code, output, _ = one.finish(one.gpu_run("--gpus", "2", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES; exit 7"))
    assert (code, output) == (7, "GPU-0,GPU-1\n")
    eventually(lambda: not one.status()["leases"])
    ended = one.server.wait_for_record(lambda record: record.get("event") == "gpu-ended")
    granted = one.server.wait_for_record(lambda record: record.get("event") == "gpu-granted")
    assert granted["caller"].startswith("local:") and granted["trace_id"] and ended["gpus"] == "GPU-0,GPU-1"


def test_who_waits_is_told_the_place_and_gets_the_card_when_it_is_free(shop):
    one = shop(count=1)
    first = one.gpu_run("--", "sleep", "2")
    eventually(lambda: one.status()["leases"])
    second = one.gpu_run("--purpose", "second", "--", "true")
    queue = eventually(lambda: one.status()["queue"])
    assert (queue[0]["position"], queue[0]["purpose"]) == (1, "second")
    code, _, errors = one.finish(second)
    assert code == 0 and "waiting for 1 GPU: place 1 in the queue" in errors
    assert first.poll() == 0


def test_signals_pass_through(shop):
    one = shop(count=1)
    ready = one.folder / "ready"
    process = one.gpu_run("--", "sh", "-c", f"trap 'echo caught; exit 3' USR1; echo $$ > {ready}; while :; do sleep 0.1; done")
    pid_of(ready)
    process.send_signal(signal.SIGUSR1)
    assert one.finish(process)[:2] == (3, "caught\n")
    killed = one.gpu_run("--", "sh", "-c", "kill -9 $$")
    assert one.finish(killed)[0] == 128 + 9


def test_what_the_command_leaves_behind_is_ended_before_the_card_is_handed_on(shop):
    one = shop(count=1)
    path = one.folder / "daemon"
    # Double fork, a session of its own, no environment, deaf to SIGTERM.
    daemon = f"import os,signal,time; signal.signal(15, signal.SIG_IGN); open({str(path)!r},'w').write(str(os.getpid())); time.sleep(60)"
    script = f"setsid env -i {sys.executable} -c \"{daemon}\" > /dev/null 2>&1 & sleep 1"
    process = one.gpu_run("--", "sh", "-c", script)
    pid = pid_of(path)
    assert is_alive(pid)
    next_one = one.gpu_run("--", "sh", "-c", f"grep -qs State:.[^Z] /proc/{pid}/status && echo alive || echo gone")
    assert one.finish(next_one)[:2] == (0, "gone\n")
    assert one.finish(process)[0] == 0 and not is_alive(pid)


def test_a_client_that_goes_while_it_waits_leaves_the_queue(shop):
    one = shop(count=1)
    one.gpu_run("--", "sleep", "30")
    eventually(lambda: one.status()["leases"])
    waiting = one.gpu_run("--", "true")
    eventually(lambda: one.status()["queue"])
    waiting.kill()
    eventually(lambda: not one.status()["queue"])


def test_impossible_requests_and_impatience_are_sentences(shop):
    one = shop(count=2)
    code, _, errors = one.finish(one.gpu_run("--gpus", "3", "--", "true"))
    assert (code, errors) == (1, "error: 3 GPUs are asked for and this machine has 2.\n")
    code, _, errors = one.finish(one.gpu_run("--memory", "100GiB", "--", "true"))
    assert "100 GiB of memory are asked for and the largest GPU has 80 GiB." in errors
    one.gpu_run("--gpus", "2", "--", "sleep", "30")
    eventually(lambda: one.status()["leases"])
    code, _, errors = one.finish(one.gpu_run("--wait", "1s", "--", "true"))
    assert code == 1 and "No GPU came free within 1 s" in errors
    code, _, errors = one.finish(one.gpu_run("--share", "--", "true"))
    assert code == 2 and "--share needs --memory" in errors


def test_shares_live_together_on_one_card(shop):
    one = shop(count=1)
    jobs = [one.gpu_run("--share", "--memory", "30GiB", "--", "sleep", "30") for _ in range(3)]
    eventually(lambda: len(one.status()["leases"]) == 2 and one.status()["queue"])
    card = one.status()["cards"][0]
    assert (card["state"], card["memory_reserved"]) == ("shared", 60 << 30)
    jobs[0].terminate()
    jobs[1].terminate()
    eventually(lambda: not one.status()["queue"])


def test_a_lost_card_ends_its_job_and_the_next_runs_elsewhere(shop):
    one = shop(count=2)
    victim = one.gpu_run("--", "sleep", "60")
    eventually(lambda: one.status()["leases"] and one.status()["leases"][0].get("pid"))
    one.nvml.change(0, lost=1)
    code, _, errors = one.finish(victim)
    assert code == 128 + 15 and "a GPU fell off the bus" in errors
    assert one.finish(one.gpu_run("--", "printenv", "CUDA_VISIBLE_DEVICES"))[1] == "GPU-1\n"
    assert one.server.wait_for_record(lambda r: r.get("event") == "gpu-lost")["level"] == "error"
    assert one.finish(one.gpu_run("--gpus", "2", "--", "true"))[0] == 1


def test_drain_and_release(shop):
    one = shop(count=2)
    job = one.gpu_run("--", "sleep", "60")
    lease = eventually(lambda: [lease for lease in one.status()["leases"] if lease["phase"] == "held"])[0]
    one.server.run("gpu", "drain", "1")
    assert [card["state"] for card in one.status()["cards"]] == ["held", "drained"]
    one.server.restart()
    eventually(lambda: [card["state"] for card in one.status()["cards"]] == ["held", "drained"])
    waiting = one.gpu_run("--", "true")
    eventually(lambda: one.status()["queue"])
    one.server.run("gpu", "undrain", "1")
    assert one.finish(waiting)[0] == 0
    one.server.run("gpu", "release", lease["id"][:8])
    code, _, errors = one.finish(job)
    assert code == 128 + 15 and "an administrator took it away" in errors
    refused = one.server.run("gpu", "drain", "9", check=False)
    assert refused.returncode == 1 and "There is no GPU '9'" in refused.stderr


def test_a_job_outlives_the_server_and_a_place_does_too(shop):
    one = shop(count=1)
    mark = one.folder / "mark"
    job = one.gpu_run("--", "sh", "-c", f"echo $$ > {mark}; sleep 6")
    pid = pid_of(mark)
    eventually(lambda: one.status()["leases"][0].get("pid") == pid)
    waiting = one.gpu_run("--", "printenv", "CUDA_VISIBLE_DEVICES")
    ticket = eventually(lambda: one.status()["queue"])[0]["id"]
    os.killpg(one.server.process.pid, signal.SIGKILL)
    one.server.process.wait()
    assert is_alive(pid)
    one.server.start()
    status = eventually(lambda: one.status() if one.status().get("looked") else None)
    assert [lease["pid"] for lease in status["leases"]] == [pid]
    assert [entry["id"] for entry in status["queue"]] == [ticket]
    assert one.finish(waiting)[:2] == (0, "GPU-0\n")
    assert one.finish(job)[0] == 0
    assert one.server.wait_for_record(lambda r: r.get("event") == "gpu-resumed")


def test_the_table_and_its_json(shop):
    one = shop(count=2)
    one.nvml.change(1, util=87, used=40 << 30, power=311000)
    one.gpu_run("--purpose", "train \x1b[31mred", "--", "sleep", "30")
    eventually(lambda: one.status()["leases"] and one.status()["cards"][1]["utilisation"] == 87)
    table = one.server.run("gpu").stdout
    assert table.splitlines()[0].split() == ["GPU", "NAME", "STATE", "UTIL", "MEMORY", "TEMP", "POWER", "HELD", "BY"]
    assert "40 GiB of 80 GiB" in table and "87 %" in table and "311 W" in table and "\x1b" not in table
    status = json.loads(one.server.run("gpu", "--json").stdout)
    assert [card["state"] for card in status["cards"]] == ["held", "free"]


def test_metrics_have_the_lease(shop):
    one = shop(count=1)
    one.nvml.change(0, util=50)
    one.gpu_run("--", "sleep", "30")
    lease = eventually(lambda: one.status()["leases"])[0]["id"][:8]

    def sample():
        families = text_string_to_metric_families(one.server.get("/_platform/metrics").body.decode())
        return {s.name: s for family in families for s in family.samples if s.name.startswith("steward_gpu")}
    samples = eventually(lambda: (found := sample()).get("steward_gpu_utilisation_ratio") and found["steward_gpu_utilisation_ratio"].labels["lease"] == lease and found)
    assert samples["steward_gpu_utilisation_ratio"].value == 0.5
    assert samples["steward_gpu_wait_seconds_count"].value == 1
    assert samples["steward_gpu_leases_granted_total"].labels["caller"].startswith("local:")


def test_keys_open_as_much_as_they_should(shop):
    one = shop(count=1)
    call = lambda method, path, key, body=None: one.server.call(
        method, f"/_platform/gpus{path}", [("X-API-Key", key)] if key else [], json.dumps(body).encode() if body else None)
    assert call("GET", "", None).status == 401
    answer = call("POST", "/queue", API_KEY, {"purpose": "secret"})
    ticket = json.loads(answer.body)
    assert ticket["state"] == "granted" and ticket["environment"]["CUDA_VISIBLE_DEVICES"] == "GPU-0"
    assert "/dev/nvidia0" in ticket["devices"] and "/dev/nvidiactl" in ticket["devices"]
    seen = json.loads(call("GET", "", OTHER_KEY).body)["leases"][0]
    assert len(seen["id"]) == 8 and "purpose" not in seen
    assert call("GET", f"/queue/{ticket['id']}", OTHER_KEY).status == 404
    # Nobody can make the server end a process that doesn't carry the lease.
    stranger = subprocess.Popen(["sleep", "30"])
    answer = call("POST", f"/queue/{ticket['id']}/started", API_KEY, {"pid": stranger.pid})
    assert (answer.status, json.loads(answer.body)["code"]) == (409, "gpu-not-marked")
    holder = subprocess.Popen(["sleep", "30"], env=ticket["environment"] | {"PATH": os.environ["PATH"]})
    assert call("POST", f"/queue/{ticket['id']}/started", API_KEY, {"pid": holder.pid}).status == 200
    for path in ("/drain", "/undrain"):
        assert call("POST", path, API_KEY, {"card": "0"}).status == 403
    assert call("DELETE", f"/leases/{ticket['id']}", API_KEY).status == 403
    assert call("DELETE", f"/leases/{ticket['id'][:6]}", ADMIN_KEY).status == 200
    assert holder.wait(10) == -15 and stranger.poll() is None
    stranger.kill()
    stranger.wait()
    assert call("POST", "/queue", API_KEY, {"gpus": "two"}).status == 400
    assert call("POST", "/queue", API_KEY, {"gpus": 2}).status == 422
    assert call("PUT", "/queue", API_KEY).status == 405


def test_an_order_speaks_for_no_process_but_the_one_that_asks(shop):
    one = shop(count=1)
    # A number that means another process here: what a client in a container of its own sends.
    stranger = subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
    child = int(stranger.stdout.readline())
    _, ticket = ask(one.socket, "POST", "/_platform/gpus/queue", {"waiter": stranger.pid, "adopts": True})
    assert ticket["state"] == "granted"
    holder = subprocess.Popen(["sleep", "60"], env=ticket["environment"] | {"PATH": os.environ["PATH"]})
    started, _ = ask(one.socket, "POST", f"/_platform/gpus/queue/{ticket['id']}/started", {"pid": holder.pid})
    assert started == 200
    ask(one.socket, "DELETE", f"/_platform/gpus/queue/{ticket['id']}")
    assert holder.wait(10) == -15
    eventually(lambda: not one.status()["leases"])
    assert is_alive(child) and stranger.poll() is None
    os.kill(child, signal.SIGKILL)
    stranger.wait(10)


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: needs root to become another user")
def test_a_server_of_another_user_lends_its_cards_to_a_job_that_it_cannot_look_at(tmp_path):
    one = OtherUsersShop(tmp_path)
    try:
        code, output, errors = one.finish(one.gpu_run("--", "sh", "-c", "sleep 1; echo $CUDA_VISIBLE_DEVICES"))
        assert (code, output, errors) == (0, "GPU-0\n", "")
        # Without a process that waited nothing tells whose it is.
        _, ticket = ask(one.socket, "POST", "/_platform/gpus/queue", {})
        holder = subprocess.Popen(["sleep", "60"], env=ticket["environment"] | {"PATH": os.environ["PATH"]})
        status, answer = ask(one.socket, "POST", f"/_platform/gpus/queue/{ticket['id']}/started", {"pid": holder.pid})
        assert (status, answer["code"]) == (409, "gpu-unreadable")
        holder.kill()
        holder.wait()
    finally:
        one.close()
        one.server.stop()


def test_without_a_driver_the_server_serves_and_the_answer_says_why(serve, tmp_path):
    server = serve(scripts={"hello.py": "def main(request): return 'hi'"}, environment={"STEWARD_NVML": "/nowhere/lib.so"})
    assert server.get("/hello.py").body == b"hi"
    result = server.run("gpu")
    assert result.stdout == "" and "install the NVIDIA driver" in result.stderr
    begun = time.monotonic()
    failed = subprocess.run([str(BINARY), "gpu", "run", "--state", str(server.state), "--", "true"], capture_output=True, text=True,
                            env=server.environment, timeout=20)
    assert failed.returncode == 1 and "can't be handed out" in failed.stderr and time.monotonic() - begun < 10
