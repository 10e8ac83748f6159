"""talk.py LIBRARY URL [SUBPROTOCOL] - python3-websockets or python3-aiohttp as a client:
says things, hears them, closes. Exit status 3: the library is not installed."""
import asyncio
import sys

SAID = ["hello", "", "κόσμε", b"\x00\xff", "x" * 125, "x" * 126, b"y" * 65536,
        "z" * 1000000]
OFFERED = sys.argv[3:]


async def with_websockets(url):
    import websockets

    offered = OFFERED or None
    async with websockets.connect(url, max_size=None, subprotocols=offered) as line:
        assert line.subprotocol == (OFFERED[0] if OFFERED else None), line.subprotocol
        for said in SAID:
            await line.send(said)
            assert await line.recv() == said
        await line.send(["in ", "two ", "pieces"])
        assert await line.recv() == "in two pieces"
        await asyncio.wait_for(await line.ping(b"here?"), 5)
        await line.close(4000, "good bye")
        assert line.close_code == 4000, line.close_code


async def with_aiohttp(url):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url, max_msg_size=0, protocols=OFFERED) as line:
            assert line.protocol == (OFFERED[0] if OFFERED else None), line.protocol
            for said in SAID:
                if isinstance(said, str):
                    await line.send_str(said)
                    assert await line.receive_str() == said
                else:
                    await line.send_bytes(said)
                    assert await line.receive_bytes() == said
            await line.close(code=4000)
            assert line.close_code == 4000, line.close_code


try:
    asyncio.run(asyncio.wait_for(globals()["with_" + sys.argv[1]](sys.argv[2]), 20))
except ImportError:
    sys.exit(3)
