"""serve.py LIBRARY - python3-websockets as an echo, python3-aiohttp as one that answers
requests, too, or python's own http.server: for bin/load to be a client of. Says its port;
exit status 3: the library is not installed."""
import asyncio
import sys


async def websockets():
    from websockets.server import serve

    async def echo(line):
        async for message in line:
            await line.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


async def aiohttp():
    from aiohttp import WSMsgType, web

    async def page(request):
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(text="hello")
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for message in line:
            if message.type == WSMsgType.BINARY:
                await line.send_bytes(message.data)
            elif message.type == WSMsgType.TEXT:
                await line.send_str(message.data)
        return line

    app = web.Application()
    app.router.add_get("/{any:.*}", page)
    runner = web.AppRunner(app, keepalive_timeout=0.3)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Future()


async def plain():
    """HTTP/1.0: a connection for each answer, which ends with it."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    print(server.server_port, flush=True)
    await asyncio.to_thread(server.serve_forever)


try:
    asyncio.run(globals()[sys.argv[1]]())
except ImportError:
    sys.exit(3)
