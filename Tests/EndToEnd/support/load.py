"""Callers that go on while something happens to the server."""
import threading


class Load:
    """Calls a path over a few connections until stopped; remembers every answer that was not 200."""

    def __init__(self, server, path, threads=3):
        self.server, self.path = server, path
        self.failed, self.count, self.stopped = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        connection = self.server.connect()
        while not self.stopped.is_set():
            try:
                answer = connection.call("GET", self.path)
                self.count += 1
                if answer.status != 200:
                    self.failed.append(answer)
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
