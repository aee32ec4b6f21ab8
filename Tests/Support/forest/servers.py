"""The servers around the tree: configurations that use lineages in every way that servers allow, and what must be
found of it. A line marked `use(...)` is a place that must come out as evidence."""
from dataclasses import dataclass

from .tree import write


@dataclass
class Use:
    """A line that uses a lineage. `also` are lines that may be named instead of it (an Include, a Define)."""
    lineage: str
    kind: str
    line: str
    # Further places that are as good, "file:line" or a file.
    also: tuple = ()


def use(lineage, kind, line, *also):
    return Use(lineage, kind, line, also)


class Configurations:
    """Writes configurations below `root`; collects for each lineage the evidence that must be found."""

    def __init__(self, root, prefix, live):
        self.root, self.prefix, self.live = root, prefix, live
        self.evidence = {}

    def place(self, path):
        return self.root / path.lstrip("/")

    def add(self, path, lines, mode=0o644):
        """Writes a file of lines and `Use`s. {live}, {archive}, {p} stand for the tree and the prefix of paths."""
        texts = []
        for number, line in enumerate(lines, 1):
            if isinstance(line, Use):
                # Debian's sites-enabled are symlinks to sites-available: either name will do.
                enabled = path.replace("/sites-available/", "/sites-enabled/")
                places = (f"{path}:{number}", *([f"{enabled}:{number}"] if enabled != path else []), *line.also)
                self.evidence.setdefault(line.lineage, []).append({"kind": line.kind, "where": list(places)})
                line = line.line
            texts.append(line.replace("{live}", self.live).replace("{archive}", self.live.replace("/live", "/archive"))
                         .replace("{p}", self.prefix))
        write(self.place(path), "\n".join(texts) + "\n", mode)

    def link(self, path, target):
        place = self.place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target.replace("{live}", self.live).replace("{p}", self.prefix))

    def note(self, lineage, kind, *where):
        self.evidence.setdefault(lineage, []).append({"kind": kind, "where": list(where)})


def nginx_pair(lineage, folder="{live}", indent="    "):
    return [use(lineage, "nginx", f"{indent}ssl_certificate {folder}/{lineage}/fullchain.pem;"),
            use(lineage, "nginx", f"{indent}ssl_certificate_key {folder}/{lineage}/privkey.pem;")]


def nginx_server(name, lines):
    return ["server {", "    listen 443 ssl;", f"    server_name {name};", *lines, "}"]


def nginx(out):
    out.add("/etc/nginx/nginx.conf", [
        "user www-data;", "events { worker_connections 64; }", "http {",
        "    # ssl_certificate {live}/idle.example.tw/fullchain.pem;  a comment uses nothing",
        "    map $ssl_server_name $lineage {",
        use("mapped.nginx.example", "nginx", "        default mapped.nginx.example;", "/etc/nginx/conf.d/mapped.conf:4"),
        use("mapped2.nginx.example", "nginx", "        other.nginx.example mapped2.nginx.example;",
            "/etc/nginx/conf.d/mapped.conf:4"),
        "    }", "    include conf.d/*.conf;", "    include {p}/etc/nginx/sites-enabled/*;", "}"])
    out.add("/etc/nginx/sites-available/www", nginx_server("www.nginx.example", nginx_pair("www.nginx.example")))
    out.link("/etc/nginx/sites-enabled/www", "../sites-available/www")
    out.add("/etc/nginx/sites-available/off", [
        line.line if isinstance(line, Use) else line
        for line in nginx_server("off.nginx.example", nginx_pair("off.nginx.example"))])
    out.add("/etc/nginx/conf.d/wildcard.conf", nginx_server("wildcard.nginx.example", nginx_pair("wildcard.nginx.example")))
    out.add("/etc/nginx/conf.d/included.conf", nginx_server("included.nginx.example", [
        "    include snippets/included.conf;"]))
    out.add("/etc/nginx/snippets/included.conf", nginx_pair("included.nginx.example", indent=""))
    out.add("/etc/nginx/conf.d/mapped.conf", nginx_server("mapped.nginx.example other.nginx.example", [
        "    ssl_certificate {live}/$lineage/fullchain.pem;", "    ssl_certificate_key {live}/$lineage/privkey.pem;"]))
    out.add("/etc/nginx/conf.d/linked.conf", nginx_server("linked.nginx.example", [
        use("linked.nginx.example", "nginx", "    ssl_certificate {p}/etc/nginx/tls/linked/fullchain.pem;"),
        use("linked.nginx.example", "nginx", "    ssl_certificate_key tls/linked/privkey.pem;")]))
    out.link("/etc/nginx/tls/linked", "{live}/linked.nginx.example")
    out.add("/etc/nginx/conf.d/copied.conf", nginx_server("copied.nginx.example", [
        "    ssl_certificate tls/copied.crt;", "    ssl_certificate_key tls/copied.key;"]))
    out.note("copied.nginx.example", "nginx|copy", "/etc/nginx/conf.d/copied.conf:4", "/etc/nginx/tls/copied.crt")
    out.add("/etc/nginx/conf.d/oddly-written.conf", [
        "server { listen 443 ssl;server_name odd.nginx.example;",
        use("odd.nginx.example", "nginx", '  ssl_certificate\t"{live}/odd.nginx.example/fullchain.pem"; ssl_certificate_key'),
        use("odd.nginx.example", "nginx", "  {live}/odd.nginx.example/privkey.pem; }", "/etc/nginx/conf.d/oddly-written.conf:2")])
    damaged = ["expired.used.example", "unparsable.used.example", "absolute.used.example", "mixed.used.example",
               "shop.example.tw-0001", "twin.example.tw", "new.example.tw", "victim.example.tw", "first.example.tw",
               "stranger.used.example", "noconf.used.example", "truncated.used.example"]
    for name in damaged:
        out.add(f"/etc/nginx/conf.d/{name}.conf", nginx_server(name, nginx_pair(name)))
    out.add("/etc/nginx/conf.d/pinned.conf", nginx_server("pinned.used.example", [
        use("pinned.used.example", "nginx", "    ssl_certificate {archive}/pinned.used.example/fullchain1.pem;"),
        use("pinned.used.example", "nginx", "    ssl_certificate_key {archive}/pinned.used.example/privkey1.pem;")]))


def apache(out):
    out.add("/etc/apache2/apache2.conf", [
        'ServerRoot "{p}/etc/apache2"', "Define LE {live}", "# SSLCertificateFile {live}/idle.example.tw/fullchain.pem",
        "Include ports.conf", "IncludeOptional mods-enabled/*.load", "IncludeOptional conf-enabled/*.conf",
        "IncludeOptional sites-enabled/*.conf"])
    out.add("/etc/apache2/ports.conf", ["<IfModule ssl_module>", "    Listen 443", "</IfModule>"])
    out.add("/etc/apache2/mods-enabled/ssl.load", ["LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so"])
    out.add("/etc/apache2/mods-enabled/macro.load", ["LoadModule macro_module /usr/lib/apache2/modules/mod_macro.so"])
    out.add("/etc/apache2/envvars", [
        "export APACHE_RUN_USER=www-data", "export TLS_DIR={live}/envvar.apache.example"])
    def pair(folder, name):
        return [use(name, "apache", f"    SSLCertificateFile {folder}/fullchain.pem"),
                use(name, "apache", f'    SSLCertificateKeyFile "{folder}/privkey.pem"')]
    out.add("/etc/apache2/sites-available/www.conf", [
        "<IfModule mod_ssl.c>", "<VirtualHost *:443>", "    ServerName www.apache.example", "    SSLEngine on",
        *pair("{live}/www.apache.example", "www.apache.example"), "</VirtualHost>", "</IfModule>"])
    out.link("/etc/apache2/sites-enabled/www.conf", "../sites-available/www.conf")
    out.add("/etc/apache2/sites-available/off.conf", [
        "<VirtualHost *:443>", "    ServerName off.apache.example",
        "    SSLCertificateFile {live}/off.apache.example/fullchain.pem", "</VirtualHost>"])
    out.add("/etc/apache2/sites-enabled/defined.conf", [
        "<VirtualHost *:443>", "    ServerName defined.apache.example",
        *pair("${LE}/defined.apache.example", "defined.apache.example"), "</VirtualHost>"])
    out.add("/etc/apache2/sites-enabled/envvar.conf", [
        "<VirtualHost *:443>", "    ServerName envvar.apache.example", *pair("${TLS_DIR}", "envvar.apache.example"),
        "</VirtualHost>"])
    out.add("/etc/apache2/sites-enabled/macro.conf", [
        "<Macro Site $name>", "<VirtualHost *:443>", "    ServerName $name",
        "    SSLCertificateFile {live}/$name/fullchain.pem", "    SSLCertificateKeyFile {live}/$name/privkey.pem",
        "</VirtualHost>", "</Macro>",
        use("macro.apache.example", "apache", "Use Site macro.apache.example", "/etc/apache2/sites-enabled/macro.conf:4",
            "/etc/apache2/sites-enabled/macro.conf:5")])
    out.add("/etc/apache2/sites-enabled/continued.conf", [
        "<VirtualHost *:443>", "    ServerName continued.apache.example",
        use("continued.apache.example", "apache", "    sslcertificatefile \\", "/etc/apache2/sites-enabled/continued.conf:4"),
        "        {live}/continued.apache.example/fullchain.pem",
        "    SSLCertificateKeyFile {live}/continued.apache.example/privkey.pem", "</VirtualHost>"])


def mail(out):
    out.add("/etc/postfix/main.cf", [
        "myhostname = mail.postfix.example", "# smtpd_tls_cert_file = {live}/idle.example.tw/fullchain.pem",
        "tls_dir =", "    {live}/mail.postfix.example", "smtpd_tls_security_level = may",
        use("mail.postfix.example", "postfix", "smtpd_tls_cert_file = $tls_dir/fullchain.pem"),
        use("mail.postfix.example", "postfix", "smtpd_tls_key_file = ${tls_dir}/privkey.pem"),
        "tls_server_sni_maps = hash:{p}/etc/postfix/sni"])
    out.add("/etc/postfix/master.cf", [
        "smtp      inet  n       -       y       -       -       smtpd",
        "submission inet n       -       y       -       -       smtpd",
        "  -o syslog_name=postfix/submission",
        use("sub.postfix.example", "postfix",
            "  -o smtpd_tls_chain_files={live}/sub.postfix.example/privkey.pem,{live}/sub.postfix.example/fullchain.pem"),
        "cleanup   unix  n       -       y       -       0       cleanup"])
    out.add("/etc/postfix/sni", [
        "# name  key and chain",
        use("sni.postfix.example", "postfix",
            "sni.postfix.example {live}/sni.postfix.example/privkey.pem {live}/sni.postfix.example/fullchain.pem")])
    out.add("/etc/dovecot/dovecot.conf", [
        "protocols = imap", "!include conf.d/*.conf", "!include_try local.conf", "!include_try not-there.conf"])
    out.add("/etc/dovecot/conf.d/10-ssl.conf", [
        "ssl = required", use("imap.dovecot.example", "dovecot", "ssl_cert = <{live}/imap.dovecot.example/fullchain.pem"),
        use("imap.dovecot.example", "dovecot", "ssl_key = <{live}/imap.dovecot.example/privkey.pem"),
        "#ssl_cert = <{live}/idle.example.tw/fullchain.pem"])
    out.add("/etc/dovecot/local.conf", [
        "local_name second.dovecot.example {",
        use("second.dovecot.example", "dovecot", "  ssl_cert = <{live}/second.dovecot.example/fullchain.pem"),
        use("second.dovecot.example", "dovecot", "  ssl_key = <{live}/second.dovecot.example/privkey.pem"), "}"])
    out.add("/etc/exim4/exim4.conf", [
        "tls_advertise_hosts = *", use("exim.example", "exim", "tls_certificate = {live}/exim.example/fullchain.pem"),
        use("exim.example", "exim", "tls_privatekey = {live}/exim.example/privkey.pem")])


def proxies(out):
    out.add("/etc/haproxy/haproxy.cfg", [
        "global", "    crt-base {p}/etc/haproxy/tls", "frontend web",
        "    bind :443 ssl crt front.pem crt {p}/etc/haproxy/certs.d/ strict-sni",
        "    bind :8443 ssl crt-list {p}/etc/haproxy/crt-list.txt", "    default_backend none", "backend none"])
    out.note("front.haproxy.example", "haproxy|copy", "/etc/haproxy/haproxy.cfg:4", "/etc/haproxy/tls/front.pem")
    out.note("folder.haproxy.example", "haproxy|copy", "/etc/haproxy/haproxy.cfg:4", "/etc/haproxy/certs.d/folder.pem")
    out.add("/etc/haproxy/crt-list.txt", [
        "# certificate [options] names",
        use("list.haproxy.example", "haproxy", "{live}/list.haproxy.example/fullchain.pem [alpn h2] list.haproxy.example")])
    out.add("/etc/caddy/Caddyfile", [
        "caddy.example {", use("caddy.example", "caddy", "    tls {live}/caddy.example/fullchain.pem {live}/caddy.example/privkey.pem"),
        "}", "import sites/*"])
    out.add("/etc/caddy/sites/second", [
        "second.caddy.example {",
        use("second.caddy.example", "caddy",
            "    tls {live}/second.caddy.example/fullchain.pem {live}/second.caddy.example/privkey.pem"), "}"])
    out.add("/opt/stalwart/etc/config.toml", [
        "[certificate.default]",
        use("stalwart.example", "stalwart", 'cert = "%{file:{live}/stalwart.example/fullchain.pem}%"'),
        use("stalwart.example", "stalwart", 'private-key = "%{file:{live}/stalwart.example/privkey.pem}%"')])


def copies(out, tree):
    """What configurations name that are copies, made after the tree."""
    def combined(name):
        return (tree.archive(name) / "fullchain1.pem").read_bytes() + (tree.archive(name) / "privkey1.pem").read_bytes()
    write(out.place("/etc/nginx/tls/copied.crt"), (tree.archive("copied.nginx.example") / "fullchain1.pem").read_bytes())
    write(out.place("/etc/nginx/tls/copied.key"), (tree.archive("copied.nginx.example") / "privkey1.pem").read_bytes(), 0o600)
    write(out.place("/etc/haproxy/tls/front.pem"), combined("front.haproxy.example"), 0o600)
    write(out.place("/etc/haproxy/certs.d/folder.pem"), combined("folder.haproxy.example"), 0o600)


def hooks(out):
    out.add("/etc/letsencrypt/renewal-hooks/deploy/10-application.sh", [
        "#!/bin/sh", "# copies the application's certificate",
        use("hook.example", "hook", "[ \"$RENEWED_LINEAGE\" = {live}/hook.example ] || exit 0"),
        use("hook.example", "hook", "install -m 600 {live}/hook.example/privkey.pem {p}/srv/application/tls.key",
            "/etc/letsencrypt/renewal-hooks/deploy/10-application.sh:3")], 0o755)


USED = [
    "www.nginx.example", "wildcard.nginx.example", "included.nginx.example", "mapped.nginx.example",
    "mapped2.nginx.example", "linked.nginx.example", "copied.nginx.example", "odd.nginx.example",
    "www.apache.example", "defined.apache.example", "envvar.apache.example", "macro.apache.example",
    "continued.apache.example", "mail.postfix.example", "sub.postfix.example", "sni.postfix.example",
    "imap.dovecot.example", "second.dovecot.example", "exim.example", "front.haproxy.example",
    "folder.haproxy.example", "list.haproxy.example", "caddy.example", "second.caddy.example", "stalwart.example",
    "hook.example"]
