"""Debian's real servers on a `Host`, each from its usual place in /etc."""
import os
import pwd
import shutil

PROGRAMS = {"nginx": "/usr/sbin/nginx", "apache": "/usr/sbin/apache2", "postfix": "/usr/sbin/postfix",
            "dovecot": "/usr/sbin/dovecot", "haproxy": "/usr/sbin/haproxy"}
PACKAGES = {"nginx": "nginx-light", "apache": "apache2-bin", "dovecot": "dovecot-imapd"}
LIVE = "/etc/letsencrypt/live"


def missing(*names):
    """The packages of the servers that this machine lacks."""
    return [PACKAGES.get(name, name) for name in names if not os.path.exists(PROGRAMS[name])]


def nginx(host, sites):
    """nginx; `sites` is {file in conf.d: text}. Port 80 serves /var/www."""
    host.write("/etc/nginx/nginx.conf", """\
user www-data;
worker_processes 1;
error_log /var/log/nginx/error.log;
pid /run/nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    server { listen 127.0.0.1:80; root /var/www; }
    include /etc/nginx/conf.d/*.conf;
}
""")
    for name, text in sites.items():
        host.write(f"/etc/nginx/conf.d/{name}", text)
    host.run("nginx", "-t")
    host.start("nginx", "-g", "daemon off;", name="nginx")
    host.wait_for_ports(80)


def nginx_site(name, port=443, live=LIVE):
    """The certificate is on line 4."""
    return f"server {{\n    listen 127.0.0.1:{port} ssl;\n    server_name {name};\n" \
           f"    ssl_certificate {live}/{name}/fullchain.pem;\n    ssl_certificate_key {live}/{name}/privkey.pem;\n}}\n"


def apache(host, name, port=8443):
    """Apache with one site; the certificate is on line 4 of sites-enabled/site.conf, with a variable in its path."""
    modules = "/usr/lib/apache2/modules"
    loaded = [module for module in ("mpm_event", "authz_core", "ssl", "socache_shmcb")
              if os.path.exists(f"{modules}/mod_{module}.so")]
    lines = [f"LoadModule {module}_module {modules}/mod_{module}.so" for module in loaded]
    host.write("/etc/apache2/apache2.conf", "\n".join([
        'ServerRoot "/etc/apache2"', "DefaultRuntimeDir /run", "PidFile /run/apache2.pid", "Mutex file:/run default",
        "ErrorLog /var/log/apache2/error.log", "User www-data", "Group www-data", "ServerName apache.test", *lines,
        f"Define LIVE {LIVE}", f"Listen 127.0.0.1:{port}", "IncludeOptional sites-enabled/*.conf"]) + "\n")
    host.write("/etc/apache2/sites-enabled/site.conf", f"<VirtualHost *:{port}>\n    ServerName {name}\n    SSLEngine on\n"
               f"    SSLCertificateFile ${{LIVE}}/{name}/fullchain.pem\n"
               f"    SSLCertificateKeyFile ${{LIVE}}/{name}/privkey.pem\n</VirtualHost>\n")
    host.start("apache2", "-DFOREGROUND", "-f", "/etc/apache2/apache2.conf", name="apache2")
    host.wait_for_ports(port)


def postfix(host, name, sni=()):
    """Postfix on port 25; smtpd_tls_chain_files is on line 6 of main.cf, the SNI map has a line for each of `sni`."""
    shutil.copytree("/etc/postfix", host.path("/etc/postfix"), symlinks=True, dirs_exist_ok=True)
    sni_map = "/etc/postfix/sni"
    host.write("/etc/postfix/main.cf", "\n".join([
        "compatibility_level = 3.6", f"myhostname = {name}", "mydestination =", "inet_interfaces = 127.0.0.1",
        "smtpd_tls_security_level = may",
        f"smtpd_tls_chain_files = {LIVE}/{name}/privkey.pem, {LIVE}/{name}/fullchain.pem",
        f"tls_server_sni_maps = hash:{sni_map}", "maillog_file = /var/log/mail.log", "inet_protocols = ipv4"]) + "\n")
    host.write("/etc/postfix/master.cf", "\n".join(
        line[:6] + line[6:].replace(" y ", " n ", 1) if " y " in line else line
        for line in open("/usr/share/postfix/master.cf.dist").read().splitlines()) + "\n"
        + "postlog   unix-dgram n  -       n       -       1       postlogd\n")
    host.write(sni_map, "".join(f"{entry} {LIVE}/{entry}/privkey.pem {LIVE}/{entry}/fullchain.pem\n" for entry in sni))
    for folder, user in (("/var/lib/postfix", "postfix"),):
        os.chown(host.path(folder), pwd.getpwnam(user).pw_uid, -1)
    host.run("postmap", "-F", f"hash:{sni_map}")
    host.start("postfix", "start-fg", name="postfix")
    host.wait_for_ports(25)


def dovecot(host, name, local=None):
    """Dovecot's IMAP on 993 and 143; ssl_cert is on line 2 of conf.d/10-ssl.conf."""
    host.write("/etc/dovecot/dovecot.conf", """\
protocols = imap
listen = 127.0.0.1
log_path = /var/log/dovecot.log
base_dir = /run/dovecot
mail_location = maildir:/srv/mail/%u
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=www-data gid=www-data home=/srv/mail
}
!include conf.d/*.conf
""")
    text = f"ssl = yes\nssl_cert = <{LIVE}/{name}/fullchain.pem\nssl_key = <{LIVE}/{name}/privkey.pem\n"
    if local:
        text += f"local_name {local} {{\n  ssl_cert = <{LIVE}/{local}/fullchain.pem\n  ssl_key = <{LIVE}/{local}/privkey.pem\n}}\n"
    host.write("/etc/dovecot/conf.d/10-ssl.conf", text)
    host.start("dovecot", "-F", name="dovecot")
    host.wait_for_ports(143, 993)


def haproxy(host, name, port=9443):
    """HAProxy with a copy of the lineage (chain and key in one file) named by line 2 of a crt-list."""
    folder = host.path(f"{LIVE}/{name}")
    host.write("/etc/haproxy/tls/site.pem", (folder / "fullchain.pem").read_bytes() + (folder / "privkey.pem").read_bytes(), 0o600)
    host.write("/etc/haproxy/crt-list.txt", f"# certificates\n/etc/haproxy/tls/site.pem {name}\n")
    host.write("/etc/haproxy/haproxy.cfg", f"""\
global
    log stdout format raw local0
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend web
    bind 127.0.0.1:{port} ssl crt-list /etc/haproxy/crt-list.txt
    http-request return status 200
""")
    host.start("haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg", name="haproxy")
    host.wait_for_ports(port)
