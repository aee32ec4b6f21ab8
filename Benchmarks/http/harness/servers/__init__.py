"""The servers of the table, in its order."""

from .apache import CGI, MOD_WSGI
from .asgi import FASTAPI
from .steward import STEWARD
from .wsgi import FLASK, GRANIAN, GUNICORN_GTHREAD, GUNICORN_SYNC, UWSGI, UWSGI_ROUTER

SERVERS = [
    STEWARD, FLASK, GUNICORN_SYNC, GUNICORN_GTHREAD, UWSGI, UWSGI_ROUTER, GRANIAN, FASTAPI, MOD_WSGI, CGI,
]
