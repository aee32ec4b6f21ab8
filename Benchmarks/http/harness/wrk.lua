-- The key and the body come in by the environment; the figures leave as one line that the harness reads.
function init(args)
    wrk.headers["X-API-Key"] = os.getenv("BENCH_KEY")
    local path = os.getenv("BENCH_BODY")
    if path then
        local file = assert(io.open(path, "rb"))
        wrk.method = "POST"
        wrk.body = file:read("*a")
        wrk.headers["Content-Type"] = "application/json"
        file:close()
    end
end

function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("BENCH %d %d %.1f %.1f %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.status, e.connect, e.read, e.write, e.timeout))
end
