"""Rollovers as people do them by hand, in the orders that lose mail and in the one that doesn't."""
import time

from . import look


def at_once(lab, host, old, new):
    """Publishes the new record beside the old one and deploys at once."""
    lab.publish(host, old, new)
    lab.deploy(host)


def replace_then_deploy(lab, host, old, new):
    """Replaces the record, then deploys."""
    lab.publish(host, new)
    lab.deploy(host)


def deploy_then_fix(lab, host, old, new):
    """Deploys, then replaces the record."""
    lab.deploy(host)
    lab.publish(host, new)


def right(lab, host, old, new):
    """Publishes both, sees them on each name server, waits, deploys, waits, takes the old one away."""
    lab.publish(host, old, new)
    lab.wait_published(host, [old, new])
    # A resolver and Postfix count whole seconds and round up: together four seconds beyond a short TTL.
    settle = max(2 * lab.ttl, lab.ttl + 4) + 2
    time.sleep(settle)
    lab.deploy(host)
    lab.wait(lambda: lab.served(host) == new, 10, "the new key")
    time.sleep(settle)
    lab.publish(host, new)


ORDERS = {"publish and deploy at once": at_once, "replace, then deploy": replace_then_deploy,
          "deploy, then fix the record": deploy_then_fix}


def roll(lab, host, order):
    """One renewal and the given order."""
    old = look.record_of_file(lab.machine.path(host.deployed))
    lab.certbot.renew(host)
    order(lab, host, old, lab.lineage_record(host))
