"""Which calls fail when a worker dies: the one that it ran, and no other."""
import threading

from .world import call, eventually, world

MIXED = """
    import ctypes, time
    def main(request):
        if "die" in request.args:
            ctypes.string_at(0)
        time.sleep(0.0002)
        return request.args["n"]
    """


def one_round(server, callers, number):
    """Sends `callers` calls at once, one of which takes its worker down; {status: how many}, and wrong bodies."""
    connections = [server.connect() for _ in range(callers)]
    gate, statuses, wrong = threading.Barrier(callers), [], []

    def ask(index):
        died = index == callers // 2
        gate.wait()
        answer = connections[index].call("GET", f"/mixed.py?n={number}-{index}" + ("&die=1" if died else ""))
        statuses.append((answer.status, died))
        if not died and answer.text != f"{number}-{index}":
            wrong.append(answer.text)
    threads = [threading.Thread(target=ask, args=(index,)) for index in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in connections:
        connection.close()
    return statuses, wrong


def measure(options):
    """Rounds of 40 calls at once to two workers, the one in the middle crashes."""
    rounds, callers = options.count or 200, 40
    with world() as made:
        server = made.serve({"mixed.py": MIXED}, fields={"workers": 2})
        for number in range(100):
            assert call(server, f"/mixed.py?n={number}").status == 200
        fell, others, wrong = 0, [], []
        for number in range(rounds):
            statuses, bad = one_round(server, callers, number)
            fell += sum(status == 502 for status, died in statuses if died)
            others += [status for status, died in statuses if not died]
            wrong += bad
            eventually(lambda: call(server, "/mixed.py?n=1").status == 200)
    answered = others.count(200)
    lines = [f"{rounds} rounds of {callers} calls at once, of which one takes its worker down (segmentation fault).", "",
             "| | calls | 200 | 502 | other |", "|---|---|---|---|---|",
             f"| those that crash | {rounds} | {rounds - fell} | {fell} | 0 |",
             f"| all others | {len(others)} | {answered} | {others.count(502)} | {len(others) - answered - others.count(502)} |",
             "", f"Answers that belong to another call: {len(wrong)}."]
    return lines, fell == rounds and answered == len(others) and not wrong
