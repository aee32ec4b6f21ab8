"""The same scripts and the same checks as a FastAPI developer would write them, tuned for speed."""

import time
from time import perf_counter

import orjson
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

import bench_access
import bench_log


async def admit(request: Request):
    """Address list, then key; both must pass."""
    if not bench_access.address_allowed(request.client.host):
        raise HTTPException(403, "address not allowed")
    caller = bench_access.caller_of(request.headers.get("x-api-key", ""))
    if caller is None:
        raise HTTPException(401, "X-API-Key is missing or unknown")
    request.scope["bench.caller"] = caller


class AccessLog:
    """Pure ASGI middleware (the decorator kind costs twice as much): trace id and log line."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        trace_id = bench_log.new_trace_id()
        status = 500

        async def send_traced(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-trace-id", trace_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_traced)
        finally:
            bench_log.write(
                scope["method"], scope["path"], status, perf_counter() - started,
                scope["client"][0], scope.get("bench.caller"), trace_id)


app = FastAPI(openapi_url=None)
app.add_middleware(AccessLog)
router = APIRouter(prefix="/api", dependencies=[Depends(admit)])


@router.get("/hello.py")
async def hello(name: str = "World"):
    return JSONResponse({"message": f"Hello, {name}!"})


@router.post("/json10k.py")
async def json10k(request: Request):
    rows = (await request.json())["rows"]
    return JSONResponse({"rows": len(rows), "total": sum(row["amount"] for row in rows)})


@router.post("/json10k_orjson.py")
async def json10k_orjson(request: Request):
    rows = orjson.loads(await request.body())["rows"]
    answer = {"rows": len(rows), "total": sum(row["amount"] for row in rows)}
    return Response(orjson.dumps(answer), media_type="application/json")


@router.get("/sleep50.py")
def sleep50():
    time.sleep(0.05)
    return JSONResponse({"slept": 50})


@router.get("/cpu5.py")
def cpu5():
    value = 1
    for step in range(190_000):
        value = (value * 31 + step) % 1_000_003
    return JSONResponse({"value": value})


app.include_router(router)
