"""Scripts that need GPU cards: each call runs in a worker that holds them and nobody else, on stand-in GPUs."""
import os
import signal
import threading
import time

import pytest

from support import settings
from support.local import ask
from support.nvml import StandInNVML
from support.steward import eventually, is_alive

KEYS = {"ADA_KEY": "api-" + "a" * 40, "BOB_KEY": "api-" + "b" * 40}

HOLD = """
import os, time
gpu = {count}
def main(request):
    begin = time.time()
    time.sleep(float(request.args.get("seconds", 0)))
    return {{"cards": os.environ.get("CUDA_VISIBLE_DEVICES"), "pid": os.getpid(), "begin": begin, "end": time.time()}}
"""

SCRIPTS = {
    "one.py": HOLD.format(count=1), "two.py": HOLD.format(count=2), "three.py": HOLD.format(count=3),
    "shared.py": HOLD.format(count='{"memory": "30GiB", "share": True}'),
    "plain.py": "import os\ndef main(request):\n    return {'cards': os.environ.get('CUDA_VISIBLE_DEVICES')}\n",
    "dies.py": "import os\ngpu = 1\ndef main(request):\n    os._exit(3)\n",
    "fork.py": """
import os, subprocess
gpu = 1
def main(request):
    child = subprocess.Popen(["sleep", request.args["time"]], start_new_session=True)
    return {"cards": os.environ["CUDA_VISIBLE_DEVICES"], "child runs": child.poll() is None}
""",
}


@pytest.fixture
def shop(serve, tmp_path):
    """Two cards; /team asks for a key, and its scripts need a card unless they say otherwise."""
    def make(count=2, **zone):
        nvml = StandInNVML(tmp_path / "nvml", count)
        zone = {"gpu_keep": "0s"} | zone
        server = serve(SCRIPTS, settings=settings.text(
            [settings.zone("/", **zone)], gpu={"interval": "100ms", "grace": "500ms"},
            keys=[{"name": "ada", "environment": "ADA_KEY"}, {"name": "bob", "environment": "BOB_KEY"}]),
            environment=nvml.environment | KEYS)
        server.nvml = nvml
        eventually(lambda: len(status(server)["cards"]) == count, message="the cards are seen")
        return server
    return make


def status(server):
    return ask(server.state / "steward.sock", "GET", "/_platform/gpus")[1]


def at_once(server, *paths):
    """The answers to these calls made at the same time."""
    answers = [None] * len(paths)

    def call(index):
        answers[index] = server.get(paths[index])

    threads = [threading.Thread(target=call, args=(index,)) for index in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_calls_at_the_same_time_never_share_a_card(shop):
    server = shop()
    answers = [answer.json() for answer in at_once(server, *["/one.py?seconds=0.3"] * 6)]
    assert {answer["cards"] for answer in answers} == {"GPU-0", "GPU-1"}
    for card in ("GPU-0", "GPU-1"):
        spans = sorted((answer["begin"], answer["end"]) for answer in answers if answer["cards"] == card)
        assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:]))


def test_a_script_of_two_cards_waits_until_both_are_free(shop):
    server = shop()
    one, two = [answer.json() for answer in at_once(server, "/one.py?seconds=0.4", "/two.py?seconds=0.1")]
    assert two["cards"] == "GPU-0,GPU-1"
    assert two["begin"] >= one["end"] or one["begin"] >= two["end"]


def test_shares_of_one_card_are_held_at_the_same_time(shop):
    server = shop(count=1)
    answers = [answer.json() for answer in at_once(server, *["/shared.py?seconds=0.5"] * 2)]
    assert {answer["cards"] for answer in answers} == {"GPU-0"}
    assert max(answer["begin"] for answer in answers) < min(answer["end"] for answer in answers)


def test_other_scripts_see_no_card_of_a_lease_and_do_not_wait(shop):
    server = shop(count=1)
    thread = threading.Thread(target=server.get, args=("/one.py?seconds=1",))
    thread.start()
    eventually(lambda: status(server)["leases"], message="the lease")
    begin = time.monotonic()
    assert server.get("/plain.py").json() == {"cards": None}
    assert time.monotonic() - begin < 0.5
    thread.join()


def test_a_lease_shows_its_route_and_ends_with_the_worker(shop):
    server = shop()
    thread = threading.Thread(target=server.get, args=("/one.py?seconds=0.5",))
    thread.start()
    eventually(lambda: status(server)["leases"], message="the lease")
    assert status(server)["leases"][0]["purpose"] == "/one.py"
    thread.join()
    eventually(lambda: not status(server)["leases"], message="the lease ends")


def test_a_worker_keeps_its_card_for_the_next_call_and_gives_it_up_when_another_waits(shop):
    server = shop(count=1, gpu_keep="30s")
    first, second = server.get("/one.py").json(), server.get("/one.py").json()
    assert first["pid"] == second["pid"]
    assert status(server)["leases"]
    begin = time.monotonic()
    assert server.get("/shared.py").json()["pid"] != first["pid"]
    assert time.monotonic() - begin < 5


def test_more_cards_than_there_are_is_refused_at_once(shop):
    answer = shop().get("/three.py")
    assert answer.status == 503
    assert answer.json()["code"] == "gpu-impossible"
    assert "/three.py did not run" in answer.json()["detail"]


def test_who_waits_too_long_is_told_to_come_back(shop):
    server = shop(count=1, gpu_patience="1s")
    slow, late = at_once(server, "/one.py?seconds=3", "/shared.py?seconds=3")
    refused = [answer for answer in (slow, late) if answer.status == 503]
    assert [answer.json()["code"] for answer in refused] == ["gpu-wait-over"]
    assert refused[0].header("Retry-After") == "10"


def test_a_worker_that_dies_gives_its_card_back(shop):
    server = shop(count=1)
    assert server.get("/dies.py").status == 502
    assert server.get("/one.py").json()["cards"] == "GPU-0"


def test_a_child_that_left_its_session_ends_before_the_card_is_handed_on(shop):
    server = shop(count=1)
    word = f"60.{server.port}"
    assert server.get(f"/fork.py?time={word}").json() == {"cards": "GPU-0", "child runs": True}
    assert server.get("/one.py").json()["cards"] == "GPU-0"
    assert not [command for command in server.descendants().values() if word in command]


def test_a_zone_can_ask_for_all_its_scripts(shop):
    assert shop(gpu=1).get("/plain.py").json()["cards"] in ("GPU-0", "GPU-1")


def test_a_script_is_read_before_its_first_call_counts(shop):
    server = shop()
    server.replace("new.py", HOLD.format(count=2))
    assert server.get("/new.py").json()["cards"] == "GPU-0,GPU-1"


def test_a_worker_that_comes_too_late_for_its_lease_does_not_go_on_with_the_card(shop):
    server = shop(count=1)
    assert server.get("/one.py").json()["cards"] == "GPU-0"
    eventually(lambda: not status(server)["leases"], message="the first lease ends")
    # Whoever forks the worker is held up until the card is somebody else's.
    stopped = list(server.descendants())
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(server.get("/one.py")))
    thread.start()
    lease = eventually(lambda: status(server)["leases"], message="the lease")[0]["id"]
    server.run("gpu", "release", lease[:8])
    eventually(lambda: not status(server)["leases"], message="the lease ends")
    _, other = ask(server.state / "steward.sock", "POST", "/_platform/gpus/queue", {"purpose": "other"})
    assert other["state"] == "granted"
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    server.wait_for_record(lambda record: "taken back before it began" in record.get("message", ""))
    eventually(lambda: status(server)["queue"], message="the call waits again")
    assert not answers and [held["purpose"] for held in status(server)["leases"]] == ["other"]
    ask(server.state / "steward.sock", "DELETE", f"/_platform/gpus/queue/{other['id']}")
    thread.join(30)
    assert answers[0].json()["cards"] == "GPU-0"
