"""The scripts of `answers` as a WSGI application, for the peers."""


def application(environ, start_response):
    body = b"x" * (20 << 20) if environ["PATH_INFO"].startswith("/large") else b"hello"
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
    return [body]
