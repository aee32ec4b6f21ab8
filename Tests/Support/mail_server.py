"""A receiving mail server that goes as far as STARTTLS, on several loopback addresses with one port.

    python3 mail_server.py < spec.json

`spec`: [{"address": "127.0.0.1", "bundles": ["key-and-chain.pem"], "bare": "other.pem" or null, "starttls": true}, ...];
`bare` is what comes without SNI. Prints the port and serves until it is killed.
"""
import asyncio
import json
import ssl
import sys


def context(bundles):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for bundle in bundles:
        made.load_cert_chain(bundle)
    return made


def security(host):
    """The TLS of a host, which gives another certificate where no name is asked for."""
    if not host["bundles"]:
        return None
    usual = context(host["bundles"])
    if not host.get("bare"):
        return usual
    bare = context([host["bare"]])

    def choose(connection, name, _):
        if name:
            connection.context = usual

    bare.sni_callback = choose
    return bare


async def converse(reader, writer, tls, offers):
    writer.write(b"220 mail.example ESMTP\r\n")
    while line := await reader.readline():
        word = line.split()[0].upper() if line.split() else b""
        if word == b"EHLO":
            writer.write(b"250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME\r\n" if offers else b"250 mail.example\r\n")
        elif word == b"STARTTLS" and offers:
            writer.write(b"220 go ahead\r\n")
            await writer.start_tls(tls)
        elif word == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"502 no\r\n")
        await writer.drain()


async def serve(hosts):
    port = 0
    for host in hosts:
        tls, offers = security(host), host.get("starttls", True)

        async def handle(reader, writer, tls=tls, offers=offers):
            try:
                await converse(reader, writer, tls, offers and tls is not None)
            except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, host["address"], port)
        port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(serve(json.load(sys.stdin)))
