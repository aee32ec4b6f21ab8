"""Asks other programs for their verdicts."""
import concurrent.futures
import os
import re
import socket
import subprocess

from .chains import HOST


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port, process):
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"openssl s_server on port {port} ended with {process.returncode}")
        with socket.socket() as one:
            one.settimeout(0.05)
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            pass
    raise RuntimeError(f"nothing listens on port {port}")


def serve(folder):
    """A server that sends the folder's chain; the process and its port."""
    port = free_port()
    process = subprocess.Popen(
        ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cert", folder / "cert.pem", "-key", folder / "key.pem",
         *(["-cert_chain", folder / "rest.pem"] if (folder / "rest.pem").exists() else []), "-no_ticket", "-naccept", "1000"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port, process)
    return process, port


def ask_openssl(port, records):
    """`match`, `mismatch` or `unusable`, and why."""
    rrset = [word for text in records for word in ("-dane_tlsa_rrdata", text)]
    empty = {"SSL_CERT_DIR": "/nonexistent", "SSL_CERT_FILE": "/nonexistent"}
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-dane_tlsa_domain", HOST, *rrset,
         "-dane_ee_no_namechecks", "-verify_return_error", "-brief"],
        input=b"", capture_output=True, env={**os.environ, **empty}, timeout=30)
    text = (done.stdout + done.stderr).decode(errors="replace")
    if "No usable TLSA" in text or "no usable TLSA" in text or "Failed to import" in text:
        return "unusable", text
    if "Verification: OK" in text and re.search(r"DANE TLSA .* matched|DANE TLSA .*signed", text):
        return "match", text
    return "mismatch", text


def ask_ldns(folder, records):
    """`match` or `mismatch`, and why."""
    owner = f"_25._tcp.{HOST}."
    rrset = folder / f"tlsa-{abs(hash(tuple(records)))}.txt"
    rrset.write_text("".join(f"{owner} 3600 IN TLSA {text}\n" for text in records))
    done = subprocess.run(
        ["ldns-dane", "-d", "-c", folder / "chain.pem", "-t", rrset, "verify", HOST, "25"],
        capture_output=True, timeout=30)
    text = (done.stdout + done.stderr).decode(errors="replace")
    return ("match" if done.returncode == 0 and "dane-validated successfully" in text else "mismatch"), text


def ask_chain(folder, cases):
    """Both peers' answers for one chain's cases, by the case's name."""
    process, port = serve(folder)
    try:
        return {case["name"]: {"openssl": ask_openssl(port, case["records"]), "ldns": ask_ldns(folder, case["records"])}
                for case in cases}
    finally:
        process.kill()
        process.wait()


def ask_all(root, cases):
    """Adds the peers' answers to the cases."""
    by_chain = {}
    for case in cases:
        by_chain.setdefault(case["chain"], []).append(case)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda item: ask_chain(root / item[0], item[1]), by_chain.items())
        for found, some in zip(answers, by_chain.values()):
            for case in some:
                case["peers"] = {peer: answer for peer, (answer, _) in found[case["name"]].items()}
                case["words"] = {peer: text[-600:] for peer, (_, text) in found[case["name"]].items()}
