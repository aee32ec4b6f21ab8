/// What `steward init` writes.
enum InitFiles {
    /// One file.
    struct File {
        /// Its path beneath the folder.
        var path: String
        /// What it holds.
        var text: String
    }

    /// All of them.
    static let all = [
        File(path: "steward.yaml", text: settings), File(path: "scripts/hello.py", text: hello),
        File(path: "scripts/api/report.py", text: report), File(path: "scripts/admin/status.py", text: status),
    ]

    private static let settings = """
        # Settings of Steward: steward serve --settings steward.yaml
        # `steward check --settings steward.yaml` looks for mistakes; every key stands in docs/reference/settings.md.

        # Where the server listens. Leave it on this machine's own address when a proxy (Apache, nginx) stands in front.
        listen: 127.0.0.1:8080

        # Keys, the audit log, the log file and the control socket live here. Relative paths count from this file's folder.
        state: state

        # The proxies whose X-Forwarded-For and Forwarded headers are believed. A call that comes from one of them counts
        # as coming from the address that the proxy names; without this line every call through a proxy on this machine
        # seems to come from 127.0.0.1, and an address list that holds 127.0.0.1 lets everybody in.
        # trusted_proxies: [127.0.0.1, "::1"]

        # A zone binds a URL prefix to a folder of scripts: scripts/hello.py answers /hello.py. The longest prefix wins.
        zones:
          # Open to everybody.
          /:
            folder: scripts

          # Asks for an API key, sent as 'X-API-Key: KEY' or 'Authorization: Bearer KEY'.
          # Add one: steward key add NAME --settings steward.yaml
          /api:
            folder: scripts/api
            key: api
            # Only these addresses may call; without the line every address may, with a key.
            # addresses: [192.0.2.0/24, "2001:db8::/32"]
            # A call that takes longer is ended and answered with 504.
            # timeout: 30s
            # The largest request body.
            # body_limit: 128MiB

          # Asks for an admin key, which opens every zone.
          # Add one: steward key add NAME --role admin --settings steward.yaml
          /admin:
            folder: scripts/admin
            key: admin

        # The Python that runs the scripts, with Flask installed.
        # python: /srv/venv/bin/python

        # HTTPS without a proxy; renewed certificates are taken up by themselves. docs/guides/tls.md.
        # tls:
        #   listen: 0.0.0.0:8443
        #   certificates: [{lineage: shop.example.tw}]

        # What certbot holds and what uses it: `sudo steward certs`. With `steward helper` running the server watches it
        # and answers /_platform/certificates. All of it stands in docs/guides/certificates.md.
        # certificates:
        #   # Without the line: /etc/letsencrypt and what Docker's volumes and mounts hold.
        #   trees: [/etc/letsencrypt]
        #   # Files of servers that Steward can't know; a lineage that one of them names is in use.
        #   evidence: {extra: ["/srv/*/config.toml"]}
        #   # A lineage in use with fewer days left is a problem.
        #   warn_days: 14

        """

    private static let hello = #"""
        """Greets whoever is named: /hello.py?name=Rico"""


        def main(request):
            return {"message": f"Hello, {request.args.get('name', 'world')}!"}

        """#

    private static let report = #"""
        """Counts the words of a text: steward call /api/report.py -d '{"text": "to be or not to be"}'"""
        from collections import Counter

        methods = ["GET", "POST"]


        def main(request):
            text = request.get_json()["text"] if request.method == "POST" else request.args.get("text", "")
            words = Counter(text.lower().split())
            return {"words": words.total(), "most_common": words.most_common(3)}

        """#

    private static let status = #"""
        """Load and disk space of this machine; answers admin keys only."""
        import os
        import shutil

        methods = ["GET"]


        def main(request):
            disk = shutil.disk_usage("/")
            return {"load": os.getloadavg(), "disk_free_bytes": disk.free, "disk_total_bytes": disk.total}

        """#
}
