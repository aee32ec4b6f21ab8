"""Debian's Apache with an own configuration: mod_wsgi daemon processes, and mod_cgid."""

import os
import subprocess
from pathlib import Path

from ..install import apache
from ..paths import APPS, PYTHON, VENV
from .server import Server

MODULES = Path("/usr/lib/apache2/modules")

# Keep-alive and threads for 100 and more connections; no access log: the platform writes it.
COMMON = """\
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
StartServers 2
ThreadsPerChild 64
MaxRequestWorkers 128
KeepAlive On
MaxKeepAliveRequests 0
<Directory />
    Require all granted
</Directory>
"""

WSGI = """\
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGISocketPrefix {folder}/wsgi
WSGIDaemonProcess bench processes={workers} threads=1 python-home={venv} python-path={apps}
WSGIProcessGroup bench
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias / {apps}/mod_wsgi_entry.py
"""

CGID = """\
LoadModule alias_module {modules}/mod_alias.so
LoadModule env_module {modules}/mod_env.so
LoadModule cgid_module {modules}/mod_cgid.so
ScriptSock {folder}/cgid
PassEnv BENCH_SCRIPTS BENCH_LOG BENCH_KEY BENCH_ADDRESSES PYTHONPATH
ScriptAlias /api {folder}/dispatch.cgi
"""

DISPATCH = """\
#!{python} -s
import cgi_platform

cgi_platform.run()
"""


def _missing(module):
    def reason():
        if not apache():
            return "Apache is not installed (apt-get install apache2)"
        return None if (MODULES / module).exists() else f"{module} is not installed"

    return reason


def _version():
    return subprocess.run([apache(), "-v"], capture_output=True, text=True).stdout.split("\n")[0].split(": ")[1]


def _wsgi_version():
    done = subprocess.run(["dpkg-query", "-W", "-f", "mod_wsgi ${Version}", "libapache2-mod-wsgi-py3"],
                          capture_output=True, text=True)
    return f"{_version()}, {done.stdout}"


def _start(site, template):
    """Apache refuses to run its workers as root: they become www-data, who may write the log."""
    root = os.geteuid() == 0
    site.log.chmod(0o777)
    values = dict(folder=site.folder, port=site.port, modules=MODULES, venv=VENV, apps=APPS, workers=site.workers,
                  user="User www-data\nGroup www-data" if root else "")
    configuration = site.folder / "apache.conf"
    configuration.write_text((COMMON + template).format(**values))
    return [apache(), "-f", configuration, "-DFOREGROUND"]


def _mod_wsgi(site):
    return _start(site, WSGI)


def _cgi(site):
    dispatch = site.folder / "dispatch.cgi"
    dispatch.write_text(DISPATCH.format(python=PYTHON))
    dispatch.chmod(0o755)
    return _start(site, CGID)


MOD_WSGI = Server("mod-wsgi", "mod_wsgi, 2 processes", _mod_wsgi, _missing("mod_wsgi.so"), _wsgi_version)
CGI = Server("cgi", "CGI (Apache mod_cgid)", _cgi, _missing("mod_cgid.so"), _version)
