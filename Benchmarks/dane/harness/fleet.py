"""Mail hosts whose certificates Steward rolls over, in both modes and both ways of publishing."""
import sys
import time

from lab import Lab, places, steward


def say(text):
    print(f"   {text}", file=sys.stderr, flush=True)


class Fleet:
    """`late` hosts by update, `filed` ones in the zone file, `ahead` ones in mode next; Steward keeps them all."""

    def __init__(self, lab, late=4, filed=2, ahead=3, settle=0, margin=1, first=1):
        self.lab = lab
        hosts = [places.HOSTS[number] for number in range(first, first + late + ahead)]
        self.late, self.ahead = hosts[:late], hosts[late:]
        self.filed = [places.FILE_HOSTS[number] for number in range(first, first + filed)]
        for number, host in enumerate(self.hosts):
            # ECDSA and RSA, dns-01 (in the dynamic zone) and http-01.
            lab.establish(host, key="rsa" if number % 3 == 2 else "ecdsa", challenge="dns" if number % 4 == 1 and host.zone == places.ZONE else "http")
        entries = [steward.deployment(host, ttl=lab.ttl) for host in self.late + self.filed]
        entries += [steward.deployment(host, ttl=lab.ttl, mode="next", certbot=steward.certbot()) for host in self.ahead]
        self.dane = steward.Dane(lab, entries, settle=settle, margin=margin)
        self.seconds = []

    @property
    def hosts(self):
        return self.late + self.filed + self.ahead

    def served(self):
        return {host.name: self.lab.served(host) for host in self.hosts}

    def begin(self, hosts):
        """Starts a rollover of each: a renewal, or a command in mode next; {host: (begun, key before)}."""
        began = {}
        for host in hosts:
            old = self.lab.served(host)
            if host in self.ahead:
                self.dane.run("rollover", host.name, "--now", "--yes")
                # Only one certbot can run at a time; Steward tries again later, but this measures no collisions.
                time.sleep(4)
            else:
                self.lab.certbot.renew(host)
            began[host] = (time.monotonic(), old)
        return began

    def is_through(self, host, old):
        """Serves another key, and no name server has the old one's record."""
        if self.lab.served(host) in (None, old):
            return False
        return all(old not in (self.lab.published(host, server=server) or {old}) for server in (places.PRIMARY, places.SECONDARY))

    def finish(self, began, limit=180):
        """Waits until each is through; the hosts that are not in time."""
        left, deadline = dict(began), time.monotonic() + limit
        while left and time.monotonic() < deadline:
            for host, (start, old) in list(left.items()):
                if self.is_through(host, old):
                    self.seconds.append(time.monotonic() - start)
                    del left[host]
            time.sleep(0.3)
        return [host.name for host in left]


def lab_of(ttl=2, **options):
    return Lab(ttl=ttl, **options)
