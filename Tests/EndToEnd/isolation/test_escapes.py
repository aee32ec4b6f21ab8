"""Scripts that try to get out, or at what is not theirs. Each must be refused, and nothing of it may be seen outside."""
import threading
import time

import pytest

from support.steward import descendants, eventually

from .catalogue import attempts
from .conftest import RESULTS
from .table import PAGE, written
from .world import LOG_KEEP, LOG_SIZE, SCRATCH_LIMIT, World

# Those that may do what they try; what comes of it is looked at below.
LIMITED = {"a_fork_bomb", "filling_the_disk", "filling_the_log", "a_process_that_stays", "a_process_that_stays_without_its_group",
           "a_call_without_end"}
# Those that may succeed in a folder that nobody else sees.
OWN = {"shared_memory_for_everybody"}
ALL = attempts()


def record(attempt, mode, told):
    RESULTS[attempt.title, mode] = f"ACHIEVED: {told['achieved']}" if told["achieved"] else f"refused: {told['refusal']}"


@pytest.mark.parametrize("attempt", [one for one in ALL if one.name not in LIMITED], ids=str)
def test_the_attempt_is_refused(world, mode, attempt):
    told = world.attempt(attempt.module, attempt.name, attempt.zone)
    if attempt.name in OWN and told["achieved"]:
        told |= {"achieved": None, "refusal": "in a folder of its own"}
    record(attempt, mode, told)
    assert told["achieved"] is None, attempt.text
    assert told["status"] in (200, 502, 503, 504), told
    assert world.damage() == []


def limited(world, mode, name, **options):
    attempt = next(one for one in ALL if one.name == name)
    told = world.attempt(attempt.module, name, attempt.zone, **options)
    RESULTS[attempt.title, mode] = f"refused: {told['refusal']}" if not told["achieved"] else "refused: within its limits"
    return told


def test_a_fork_bomb_hurts_only_its_call(world, mode):
    before = len(descendants(world.server.process.pid))
    answers, slowest = [], 0
    thread = threading.Thread(target=lambda: answers.append(limited(world, mode, "a_fork_bomb")))
    thread.start()
    while thread.is_alive():
        begin = time.monotonic()
        assert world.server.get("/hello.py").text == "hello"
        slowest = max(slowest, time.monotonic() - begin)
        time.sleep(0.1)
    assert answers[0]["status"] in (502, 503, 504)
    assert slowest < 2
    eventually(lambda: len(descendants(world.server.process.pid)) <= before + 4, 5, "end of the bomb's processes")
    eventually(lambda: world.server.get("/small/hello.py").status == 200, 10, "the zone's next answer")
    assert world.damage() == []


def test_the_disk_is_not_filled(world, mode):
    largest = [0]
    stop = threading.Event()

    def watch():
        while not stop.wait(0.05):
            largest[0] = max(largest[0], sum(size(path) for path in world.server.state.rglob("fill-*")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    told = limited(world, mode, "filling_the_disk")
    stop.set()
    watcher.join()
    assert told["achieved"] is None
    # The folder is looked at now and then; in between it grows.
    assert largest[0] < 60 * SCRATCH_LIMIT
    eventually(lambda: not list(world.server.state.rglob("fill-*")), 5, "removal of the scratch folder")
    assert world.damage() == []


def size(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


def test_the_log_is_not_filled(world, mode):
    limited(world, mode, "filling_the_log", timeout=60)
    folder = world.server.state / "log"
    assert sum(size(path) for path in folder.iterdir()) < (LOG_KEEP + 2) * LOG_SIZE
    assert world.damage() == []


@pytest.mark.parametrize("name", ["a_process_that_stays", "a_process_that_stays_without_its_group"])
def test_a_process_left_behind_is_ended(world, mode, name):
    world.facts["mark"] = mark = world.mark()
    told = limited(world, mode, name)
    ended = time.monotonic()
    assert told["status"] == 502, told
    eventually(lambda: not world.marked(mark), 2, "end of what was left behind")
    RESULTS[next(one.title for one in ALL if one.name == name), mode] = f"refused: ended {1000 * (time.monotonic() - ended):.0f} ms later"
    assert world.damage() == []


def test_a_call_that_never_ends_is_ended_with_all_beneath(world, mode):
    world.facts["mark"] = mark = world.mark()
    told = limited(world, mode, "a_call_without_end")
    ended = time.monotonic()
    assert told["status"] == 504
    eventually(lambda: not world.marked(mark), 2, "end of what the call began")
    title = next(one.title for one in ALL if one.name == "a_call_without_end")
    RESULTS[title, mode] = f"refused: all ended {1000 * (time.monotonic() - ended):.0f} ms after the answer"
    assert world.damage() == []


def test_a_script_that_others_fight_over_is_always_its_own(world, mode):
    """While one script swaps a folder for a link to another zone, the script in it is called."""
    results = []
    attempt = next(one for one in ALL if one.name == "a_race_of_links")
    thread = threading.Thread(target=lambda: results.append(world.attempt(attempt.module, attempt.name)))
    thread.start()
    seen = set()
    while thread.is_alive() or not seen:
        seen.add(world.server.get("/sub/part.py").text)
    assert seen == {"part"}
    assert results[0]["achieved"] is None


def test_a_later_program_has_nothing_of_an_earlier_script(world, mode):
    for _ in range(4):
        world.attempt("surroundings", "the_loader")
        shown = world.server.get("/environment.sh").text
        assert "LD_PRELOAD" not in shown and "of-the-server" not in shown and "of-the-vault" not in shown


def test_a_zone_has_its_own_secret(world, mode):
    assert world.server.get("/api/vault.py").text == "of-the-vault"
    assert world.server.get("/other/vault.py").text == "of-the-vault"


# What is worth nothing if it would be refused anyway: without isolation these succeed.
SUCCEED = """
    files: another_zones_file a_nested_zones_file a_nested_zones_file_by_import through_a_symlink through_a_symlink_of_a_folder
      through_a_hard_link through_proc_self_root through_proc_self_cwd by_folder_descriptors by_file_handle a_key_file
      the_settings_file the_state_database the_state_folder the_log the_password_file a_private_file a_file_of_shared_memory
      watching_a_folder the_servers_environment the_servers_memory the_servers_map the_servers_descriptors the_servers_root
      the_servers_folder another_zones_environment an_ancestors_memory a_siblings_memory a_file_in_the_zone_folder the_own_script
      the_own_script_by_descriptor renaming_a_script the_machines_folders the_folders_for_everybody another_workers_scratch
    processes: a_signal a_signal_to_a_thread a_signal_with_a_value a_signal_by_descriptor reading_memory stealing_a_descriptor
      opening_a_descriptor comparing a_user_namespace other_namespaces a_namespace_by_clone a_higher_priority
    kernel: shared_queues message_queues
    network: tcp udp listening listening_unbound raw the_control_socket a_unix_socket a_unix_socket_by_datagrams
      an_abstract_socket an_abstract_socket_of_its_own
    resources: memory memory_in_pieces descriptors
"""


def succeeding():
    module = None
    for word in SUCCEED.split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            yield module, word


def test_without_isolation_the_attempts_succeed():
    """An attempt that fails everywhere shows nothing."""
    world = World(isolation="off")
    try:
        refused = {}
        for module, name in succeeding():
            told = world.attempt(module, name)
            if not told["achieved"]:
                refused[f"{module}.{name}"] = told["refusal"]
        assert refused == {}
    finally:
        world.close()


def test_the_design_lists_the_attempts():
    assert PAGE.read_text() == written(PAGE.read_text()), "cd Tests/EndToEnd && python3 -m isolation.table --write"
