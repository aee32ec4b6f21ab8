"""Callers that go on while something happens to the server."""
import threading


class Load:
    """Calls `server` over a few connections until stopped; remembers every answer that was not as it should be.

    `call(connection, number)` makes the call `number` of its thread and returns the answer and whether it is good; without
    it `path` is got, and 200 is good."""

    def __init__(self, server, path=None, threads=3, call=None):
        self.server, self.path = server, path
        self.call = call or self.get
        self.failed, self.count, self.stopped = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def get(self, connection, _):
        answer = connection.call("GET", self.path)
        return answer, answer.status == 200

    def run(self):
        connection, number = self.server.connect(), 0
        while not self.stopped.is_set():
            try:
                answer, is_good = self.call(connection, number)
                number += 1
                self.count += 1
                if not is_good:
                    self.failed.append(answer)
                if (answer.header("Connection") or "").lower() == "close":
                    connection.close()
                    connection = self.server.connect()
            except Exception as error:
                self.failed.append(error)
                connection = self.server.connect()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
