#include "fuzz.h"
#include "history.h"
#include "options.h"
#include "ws.h"

#include <stdlib.h>
#include <string.h>

/* Frames of a server, whole and well-formed, and nothing behind a close. */
static void check_frames(struct bytes out)
{
    bool closed = false;
    struct ws ws;

    ws_init(&ws, WS_CLIENT, SIZE_MAX / 2);
    for (enum ws_event e; (e = ws_next(&ws, &out)) != WS_NOTHING; ) {
        if (e == WS_ERROR || closed)
            abort();
        closed = e == WS_CONTROL && ws.opcode == WS_CLOSE;
    }
    if (closed && out.size)
        abort();
    ws_free(&ws);
}

void check_output(struct bytes out)
{
    static const char answer[] = "HTTP/1.1 ";
    static const char switched[] = "HTTP/1.1 101 Switching Protocols\r\n";
    size_t least = out.size < sizeof answer - 1 ? out.size : sizeof answer - 1;
    const char *upgrade, *end;

    if (memcmp(out.data ? out.data : "", answer, least) != 0)
        abort();
    upgrade = out.data ? memmem(out.data, out.size, switched, sizeof switched - 1) : NULL;
    if (!upgrade)
        return;
    end = memmem(upgrade, out.size - (size_t)(upgrade - out.data), "\r\n\r\n", 4);
    if (end)
        check_frames((struct bytes){ end + 4, out.size - (size_t)(end + 4 - out.data) });
}

/* Everything that a model may tell a peer, in any order. */
static void event(struct wire *w, struct bytes *in)
{
    uint8_t what = take(in);
    size_t n = (size_t)(what >> 3) + 1;
    struct bytes piece = { in->data, n < in->size ? n : in->size };
    struct frame *f;

    switch (what & 7) {
    case 0: case 1: case 2:
        in->data += piece.size;
        in->size -= piece.size;
        wire_feed(w, piece);
        break;
    case 3:
        if (n & 1)
            wire_done(w);
        else
            wire_sent(w);
        break;
    case 4:
        f = ws_frame(WS_TEXT, "from another", 12);
        if (history_wanted())
            history_keep("x", f);
        peer_push(w->peer, f);
        frame_unref(f);
        break;
    case 5:
        peer_late(w->peer);
        break;
    case 6:
        w->gulp = n;
        break;
    case 7:
        switch (n & 3) {
        case 0: peer_feed(w->peer, "", 0); break;
        case 1: peer_feed(w->peer, "", -1); break;
        case 2: peer_lost(w->peer); break;
        case 3: peer_stop(w->peer); break;
        }
    }
}

void fuzz_peer(struct bytes in)
{
    static const char *const targets[] = { "/relay/x", "/relay/x?job=cpu:5",
                                           "/job/cpu:5", "/job/sleep:5" };
    struct options o = fuzz_options();
    uint8_t how = take(&in);
    struct wire w;

    if (how & 1)
        o.max_head = 256, o.max_message = 200, o.max_output = 2000;
    if (how & 2)                /* every deadline has passed */
        o.handshake = o.ping_after = o.pong_within = o.close_within = 0;
    wire_open(&w, &o);
    w.patient = how & 4;
    w.orders = how & 64;
    if (how & 8)
        wire_upgrade(&w, targets[how >> 4 & 3]);
    while (in.size) {
        event(&w, &in);
        wire_run(&w);
    }
    for (; w.sending.size; wire_run(&w))
        wire_sent(&w);
    check_output((struct bytes){ utstring_body(&w.out), utstring_len(&w.out) });
    peer_feed(w.peer, "", -1);
    if (wire_run(&w) != CLOSE)
        abort();
    wire_close(&w);
}
