// talk.js URL [SUBPROTOCOL] - npm's ws as a client: says things, hears them, closes.
// Exit status 3: ws is not installed.
let WebSocket;
try {
    WebSocket = require('ws');
} catch {
    process.exit(3);
}

const said = ['hello', '', 'κόσμε', Buffer.from([0, 255]), 'x'.repeat(125),
    'x'.repeat(126), Buffer.alloc(65536, 'y'), 'z'.repeat(1000000)];
const offered = process.argv.slice(3);
const line = new WebSocket(process.argv[2], offered);
let heard = 0;
let ponged = false;

function fail(why) {
    console.error(`talk.js: ${why}`);
    process.exit(1);
}

setTimeout(() => fail(`heard ${heard} of ${said.length}`), 20000);
line.on('error', error => fail(error.message));
line.on('pong', () => { ponged = true; });
line.on('open', () => {
    line.ping('here?');
    for (const one of said)
        line.send(one);
});
line.on('message', (data, isBinary) => {
    const one = said[heard++];
    if (isBinary !== Buffer.isBuffer(one) || !Buffer.from(one).equals(data))
        fail(`message ${heard} is not what was sent`);
    if (heard === said.length)
        line.close(4000, 'good bye');
});
line.on('close', code => {
    if (code !== 4000 || !ponged || line.protocol !== (offered[0] || ''))
        fail(`close ${code}, pong: ${ponged}, subprotocol: "${line.protocol}"`);
    process.exit(0);
});
