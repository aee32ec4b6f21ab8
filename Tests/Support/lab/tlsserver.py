"""TLS servers of the test process itself on the lab's machine: SMTP with STARTTLS for one chain, TLS with SNI for many."""
import socket
import ssl
import threading


def context_of(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


class Server:
    """Listens on several ports of one address; `serve(connection)` talks with each client in a thread of its own."""

    def __init__(self, machine, address, ports):
        self.machine, self.listeners = machine, []
        with machine.network():
            for port in ports:
                listener = socket.create_server((address, port), backlog=64)
                self.listeners.append(listener)
        for listener in self.listeners:
            threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        connection.settimeout(10)
        try:
            with connection:
                self.serve(connection)
        except (OSError, ValueError):
            pass

    def close(self):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


class Starttls(Server):
    """Speaks just enough SMTP."""

    def __init__(self, machine, address, ports, context):
        self.context = context
        super().__init__(machine, address, ports)

    def serve(self, connection):
        connection.sendall(b"220 case.test ESMTP\r\n")
        self.dialogue(connection, [b"250-case.test", b"250 STARTTLS"])

    def dialogue(self, connection, offers):
        with connection.makefile("rb") as lines:
            for line in lines:
                word = line.strip().upper().split(b" ")[0]
                if word == b"EHLO":
                    connection.sendall(b"\r\n".join(offers) + b"\r\n")
                elif word == b"STARTTLS":
                    connection.sendall(b"220 go\r\n")
                    with self.context.wrap_socket(connection, server_side=True) as secure:
                        return self.dialogue(secure, [b"250 case.test"])
                elif word == b"QUIT":
                    return connection.sendall(b"221 bye\r\n")
                else:
                    connection.sendall(b"250 ok\r\n")


class Names(Server):
    """TLS from the first byte; {name: context} by SNI."""

    def __init__(self, machine, address, port, contexts):
        self.first = next(iter(contexts.values()))
        # A context of its own for the choice: the callback of one that is chosen would choose again.
        self.first.sni_callback = lambda secure, name, _: setattr(secure, "context", contexts.get(name, self.first))
        super().__init__(machine, address, [port])

    def serve(self, connection):
        with self.first.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1)
