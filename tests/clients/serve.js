// serve.js - node's http, and npm's ws as an echo, in one server: for bin/load to be a
// client of. Says its port; exit status 3: ws is not installed. An idle connection is
// closed after 300 ms; /busy is refused every second time.
let WebSocketServer;
try {
    ({ WebSocketServer } = require('ws'));
} catch {
    process.exit(3);
}

let asked = 0;
const server = require('http').createServer((request, response) => {
    response.statusCode = request.url === '/busy' && asked++ % 2 ? 503 : 200;
    response.write(`${request.url} `);      // so its length is not told: chunks
    response.end(String(Date.now()));
});
server.keepAliveTimeout = 300;
new WebSocketServer({ server }).on('connection', line =>
    line.on('message', (data, isBinary) => line.send(data, { binary: isBinary })));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
