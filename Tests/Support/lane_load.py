"""Many jobs on the lane of a running server: each a process that records when it held which GPU in a file of its own making.

What is checked afterwards comes from those records and from the server's log, not from what the lane says of itself.
"""
import asyncio
import json
import os
import random
import statistics
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

# bash: its clock and its echo need no further process; one short line appended at once is never mixed with another's.
JOB = 'echo "start $CUDA_VISIBLE_DEVICES $EPOCHREALTIME $0" >> "$1"; sleep "$2"; echo "end $CUDA_VISIBLE_DEVICES $EPOCHREALTIME $0" >> "$1"'


async def ask(socket, method, target, body=None):
    """(status, JSON) of a request over the Unix socket; OSError if the server isn't there or goes."""
    data = b"" if body is None else json.dumps(body).encode()
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)
        answer = await reader.read()
    finally:
        writer.close()
    head, separator, text = answer.partition(b"\r\n\r\n")
    if not separator:
        raise ConnectionResetError("the server went while it answered")
    try:
        return int(head.split()[1]), json.loads(text)
    except ValueError:
        raise ConnectionResetError("the answer is cut") from None


@dataclass
class Job:
    caller: str
    seconds: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    pid: int = 0
    started: bool = False
    lost: str = ""


class Load:
    """`jobs` on the server whose socket is `socket`; records go to the file `record`."""

    def __init__(self, socket, record, jobs):
        self.socket, self.record, self.jobs = socket, Path(record), jobs
        self.record.touch()
        # When all were in the queue.
        self.queued = 0

    async def run(self):
        """Queues all, one after the other, and carries each out as its turn comes."""
        tasks = []
        for job in self.jobs:
            first = await self.patiently("POST", "/_platform/gpus/queue", self._order(job))
            tasks.append(asyncio.create_task(self._job(job, *first)))
        self.queued = time.time()
        await asyncio.gather(*tasks)

    @staticmethod
    def _order(job):
        return {"id": job.id, "caller": job.caller, "purpose": "job", "waiter": os.getpid()}

    async def patiently(self, method, target, body=None):
        while True:
            try:
                status, answer = await ask(self.socket, method, target, body)
                if status < 500:
                    return status, answer
            except OSError:
                pass
            await asyncio.sleep(random.uniform(0.05, 0.25))

    async def _grant(self, job, status, state):
        while status == 200 and state["state"] == "waiting":
            status, state = await self.patiently("GET", f"/_platform/gpus/queue/{job.id}?wait=30")
            if status == 404:
                status, state = await self.patiently("POST", "/_platform/gpus/queue", self._order(job))
        if status != 200 or state["state"] != "granted":
            job.lost = f"no grant: {status} {state}"
            return None
        return state

    async def _job(self, job, status, state):
        state = await self._grant(job, status, state)
        if state is None:
            return
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", JOB, job.id, str(self.record), str(job.seconds), env=os.environ | state["environment"],
            start_new_session=True)
        job.pid = process.pid
        status, answer = await self.patiently("POST", f"/_platform/gpus/queue/{job.id}/started", {"pid": process.pid})
        job.started = status == 200
        # A job may be over before the server was there to be told.
        if status != 200 and answer.get("code") != "gpu-no-process" and process.returncode is None:
            try:
                await asyncio.wait_for(process.wait(), 0.2)
            except asyncio.TimeoutError:
                job.lost = f"not started: {status} {answer}"
        await process.wait()
        if process.returncode != 0:
            job.lost = f"ended with {process.returncode}"
        job.started = False
        try:
            await ask(self.socket, "DELETE", f"/_platform/gpus/queue/{job.id}")
        except OSError:
            pass

    @property
    def running(self):
        """The ids of jobs whose process runs and is known to the server."""
        return {job.id for job in self.jobs if job.started and runs(job.pid)}


def runs(pid):
    """Whether the process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def make_jobs(count, shares, seconds, seed=1):
    """`count` jobs spread over callers by their shares, in a random order, of random length around `seconds`."""
    chance = random.Random(seed)
    total = sum(shares.values())
    jobs = [Job(caller, 0) for caller, share in shares.items() for _ in range(count * share // total)]
    jobs += [Job(next(iter(shares)), 0) for _ in range(count - len(jobs))]
    chance.shuffle(jobs)
    for job in jobs:
        job.seconds = round(chance.uniform(0.5, 1.5) * seconds, 3)
    return jobs


@dataclass
class Hold:
    gpu: str
    job: str
    begin: float
    end: float = None


def holds(record):
    """What the jobs recorded, by start; one that begins twice or never ends is told by `end` or by its number."""
    found = []
    open_holds = {}
    for line in Path(record).read_text().splitlines():
        what, gpu, moment, job = line.split()
        if what == "start":
            open_holds[job] = Hold(gpu, job, float(moment))
            found.append(open_holds[job])
        else:
            open_holds[job].end = float(moment)
    return sorted(found, key=lambda hold: hold.begin)


def doubles(found):
    """Pairs of jobs that held one GPU at the same time."""
    result, last = [], {}
    for hold in found:
        before = last.get(hold.gpu)
        if before and (before.end is None or before.end > hold.begin):
            result.append((before, hold))
        last[hold.gpu] = hold
    return result


def gaps(found, since, until):
    """Seconds between the end of one job and the start of the next on a GPU, as the jobs saw it, between two moments."""
    result, last = [], {}
    for hold in found:
        if hold.gpu in last and last[hold.gpu].end and last[hold.gpu].end > since and hold.begin <= until:
            result.append(hold.begin - last[hold.gpu].end)
        last[hold.gpu] = hold
    return result


def used(found, jobs, until):
    """GPU-seconds by caller up to the moment `until`."""
    callers = {job.id: job.caller for job in jobs}
    result = {}
    for hold in found:
        if hold.begin < until:
            result[callers[hold.job]] = result.get(callers[hold.job], 0) + min(hold.end or until, until) - hold.begin
    return result


def lane_gaps(records, size, since):
    """Milliseconds for which the lane left a GPU free while jobs waited, by its log of grants and ends; from `since`, when all
    `size` jobs were in the queue, to the last grant."""
    from datetime import datetime
    result, free_since, left = [], {}, size
    for record in records:
        if record.get("event") not in ("gpu-granted", "gpu-ended"):
            continue
        moment = datetime.fromisoformat(record["time"].replace("Z", "+00:00")).timestamp()
        for gpu in record["gpus"].split(","):
            if record["event"] == "gpu-ended":
                free_since[gpu] = moment
            else:
                if gpu in free_since and free_since[gpu] > since:
                    result.append((moment - free_since[gpu]) * 1000)
                left -= 1
        if left == 0:
            break
    return result


def overtakings(records, jobs):
    """Grants that came before one of the same caller's that had joined the queue earlier."""
    order = {job.id[:8]: index for index, job in enumerate(jobs)}
    callers = {job.id[:8]: job.caller for job in jobs}
    last, count = {}, 0
    for record in records:
        if record.get("event") == "gpu-granted":
            lease = record["lease"]
            if order[lease] < last.get(callers[lease], -1):
                count += 1
            last[callers[lease]] = max(order[lease], last.get(callers[lease], -1))
    return count


def percentile(values, part):
    """The value below which `part` of them lie; 0 of none."""
    values = sorted(values)
    return values[min(int(len(values) * part), len(values) - 1)] if values else 0


def median(values):
    return statistics.median(values) if values else 0
