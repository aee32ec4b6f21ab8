"""The table, the ratios and the targets as markdown."""

from statistics import median




def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _milliseconds(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rps(row, load):
    """Median requests a second over the rounds, or None where the server has no figures or made errors."""
    rounds = row.figures.get(load.name)
    if not rounds or row.not_run or any(figures.errors for figures in rounds):
        return None
    return median(figures.rps for figures in rounds)


def _p99(row, load):
    return median(figures.p99 for figures in row.figures[load.name])


def _cell(row, load):
    rounds = row.figures.get(load.name)
    if not rounds:
        return "-"
    middle = [median(getattr(figures, name) for figures in rounds) for name in ("rps", "p50", "p99")]
    text = f"{_number(middle[0])} ({_milliseconds(middle[1])} / {_milliseconds(middle[2])})"
    errors = sum(figures.errors for figures in rounds)
    return f"{text} **{errors} errors**" if errors else text


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _ratio(rows, load, pick):
    steward = next((rps(row, load) for row in rows if row.server.name == "steward"), None)
    peer = pick(load, [row for row in rows if row.server.name != "steward"])
    return (steward / peer[0], peer[1]) if steward and peer else None


def _fastest(load, peers):
    found = [(value, row.server.title.split(",")[0]) for row in peers if (value := rps(row, load))]
    return max(found, default=None)


def _named(*names):
    def pick(load, peers):
        found = [(value, row.server.name) for row in peers if row.server.name in names and (value := rps(row, load))]
        return max(found, default=None)

    return pick


def table(rows, loads):
    """The main table: a row for each server, then the ratios."""
    titles = ["requests/s (p50 / p99 ms)", *(load.title for load in loads), "PSS MiB", "start ms"]
    lines = [_line(titles), _line(["---"] * len(titles))]
    for row in rows:
        if row.not_run and not row.figures:
            lines.append(_line([row.server.title, *["not run"] * len(loads), "-", "-"]))
            continue
        pss = f"{median(row.pss_mib):.0f}" if row.pss_mib else "-"
        start = f"{median(row.start_ms):.0f}" if row.start_ms else "-"
        lines.append(_line([row.server.title, *(_cell(row, load) for load in loads), pss, start]))
    for title, pick in (("Steward / fastest peer", _fastest), ("Steward / gunicorn sync", _named("gunicorn-sync"))):
        ratios = [_ratio(rows, load, pick) for load in loads]
        named = pick is _fastest
        cells = [f"**{ratio[0]:.2f} x**" + (f" ({ratio[1]})" if named else "") if ratio else "-" for ratio in ratios]
        lines.append(_line([f"**{title}**", *cells, "", ""]))
    return lines


def reasons(rows):
    """Why rows have no figures, as a list."""
    return [f"- {row.server.title}: not run: {row.not_run}" for row in rows if row.not_run]


def beside(rows, loads):
    """What the sleepers and burners of the mixed load got, so that nobody wins by starving them."""
    lines = []
    for load in loads:
        if not load.beside:
            continue
        lines += ["", f"Beside the mixed load's hello: {load.beside[0].connections} connections of sleep 50 ms and "
                  f"{load.beside[1].connections} of CPU 5 ms got (requests/s):", "",
                  _line(["", "sleep 50 ms", "CPU 5 ms"]), _line(["---"] * 3)]
        for row in rows:
            rounds = row.beside.get(load.name)
            if rounds:
                got = [median(figures[place].rps for figures in rounds) for place in (0, 1)]
                lines.append(_line([row.server.title, *map(_number, got)]))
    return lines


THREADED = ("flask", "gunicorn-gthread", "granian", "fastapi")

RATIO_TARGETS = [
    ("hello-1", "the fastest peer", _fastest, 2, 2),
    ("hello-64", "the fastest peer", _fastest, 5, 7),
    ("hello-64", "gunicorn sync", _named("gunicorn-sync"), 8, 12),
    ("json10k", "the fastest peer", _fastest, 1.5, 2.3),
    ("cpu5", "gunicorn sync", _named("gunicorn-sync"), 1, 1),
    ("cpu5", "the fastest threaded server", _named(*THREADED), 1.3, 1.3),
    ("mixed", "the fastest peer", _fastest, 5, 10),
]


def _judge(what, target, measured, met):
    return _line([what, target, measured, "met" if met else "**missed**"])


def targets(rows, loads):
    """Each aim with what was measured; none without Steward's figures."""
    by_name = {load.name: load for load in loads}
    steward = next((row for row in rows if row.server.name == "steward"), None)
    lines = []
    for name, than, pick, least, aim in RATIO_TARGETS:
        ratio = _ratio(rows, by_name[name], pick) if name in by_name else None
        if ratio:
            wanted = f"at least {least} x" + (f", aim {aim} x" if aim != least else "")
            lines.append(_judge(f"{by_name[name].title}, against {than}", wanted, f"{ratio[0]:.2f} x", ratio[0] >= least))
    if steward and "sleep50" in by_name and (value := rps(steward, by_name["sleep50"])):
        lines.append(_judge("sleep 50 ms, 64", "at least 1,216/s (95 % of 1,280)", f"{value:,.0f}/s", value >= 1216))
    if steward and "mixed" in by_name and rps(steward, by_name["mixed"]):
        p99 = _p99(steward, by_name["mixed"])
        lines.append(_judge("mixed: p99 of hello", "under 10 ms", f"{p99:.2f} ms", p99 < 10))
    return [_line(["target", "wanted", "measured", ""]), _line(["---"] * 4), *lines] if lines else []


def startup_lines(figures, spawn, zygote):
    """The section on start and first call."""
    titles = ["", *(one.server.title for one in figures)]
    lines = [_line(titles), _line(["---"] * len(titles))]
    if figures:
        lines += [
            _line(["start to first answer, ms (median of 5; wanted of Steward: under 500)", *(f"{median(one.answer_ms):.0f}" for one in figures)]),
            _line(["first call of a dropped script beyond a warm call and its import, ms (median of 20; worst; wanted: under 1)",
                   *(f"{one.first_call_ms:.2f}; {one.first_call_worst_ms:.2f}" for one in figures)]),
            _line(["first calls answered wrongly, of 20", *(str(one.first_call_wrong) for one in figures)]),
            _line(["each further idle worker, MiB PSS (10 workers against 2; wanted: under 4)",
                   *(f"{one.worker_mib:.1f}" for one in figures)]),
        ]
    lines += ["", f"Spawning `python3 -c pass`: {spawn:.1f} ms."]
    if zygote:
        lines.append(
            f"Forking a worker from the zygote: {zygote['forked']:.1f} ms ({spawn / zygote['forked']:.1f} times less; "
            f"wanted: 6), {zygote['answering']:.1f} ms until it answers; "
            f"each costs {zygote['worker_mib']:.1f} MiB PSS idle.")
    else:
        lines.append("Forking a worker: no figures (python/steward_worker is not there, or see below).")
    return lines


def report(head, options, rows, loads, start_section):
    """The whole report as markdown."""
    lines = ["# HTTP benchmark", ""]
    lines += [f"- {label}: {value}" for label, value in head]
    lines += [f"- {options}", ""]
    lines += table(rows, loads)
    missing = reasons(rows)
    lines += ["", *missing] if missing else []
    lines += beside(rows, loads)
    aims = targets(rows, loads)
    lines += ["", "## Targets", "", *aims] if aims else []
    if start_section:
        lines += ["", "## Start and first call", "", *start_section]
    return "\n".join(lines) + "\n"


