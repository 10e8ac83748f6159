#include "ws.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

/* wslay's frame context, and what its callbacks work on. It is 4 KiB and remembers
 * nothing between frames, so a connection has one only while a frame is under way. */
struct framer {
    wslay_frame_context_ptr wslay;
    /* receiving */
    struct bytes *in;           /* what the caller of ws_next() has left */
    uint8_t head[10];           /* the header without its mask: what wslay gets to see */
    uint8_t headed, shown;      /* bytes of it; how many wslay has seen */
    uint64_t left, got;         /* payload bytes still to come; already come */
    uint8_t key[4];             /* the mask, turned so that key[0] is for the next byte */
    /* sending */
    struct frame *out;
    size_t written;             /* bytes of its payload that wslay has gone through */
    bool begun;                 /* its header is written */
};

/* ---- the mask ---- */

/* Copies and unmasks (section 5.3: byte i is XORed with key[i mod 4]), and turns the
 * key for the byte that comes after. Steps of 32 bytes are what a compiler makes
 * vectors of. */
static void unmask(uint8_t *restrict to, const char *restrict from, size_t size,
                   uint8_t key[4])
{
    uint8_t wide[32];
    size_t i = 0;

    for (size_t k = 0; k < sizeof wide; k++)
        wide[k] = key[k % 4];
    for (; i + sizeof wide <= size; i += sizeof wide)
        for (size_t k = 0; k < sizeof wide; k++)
            to[i + k] = (uint8_t)from[i + k] ^ wide[k];
    for (size_t k = 0; i < size; i++, k++)
        to[i] = (uint8_t)from[i] ^ wide[k];
    for (i = 0; i < 4; i++)
        key[i] = wide[(size + i) % 4];
}

/* ---- wslay's callbacks ---- */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Shows wslay a frame without a mask: its own loop unmasks byte by byte, which is a
 * dozen times slower. Never more than one frame, so that wslay keeps nothing of the
 * next. */
static ssize_t show(uint8_t *buf, size_t room, int flags, void *arg)
{
    struct framer *f = arg;
    size_t head = least(room, (size_t)(f->headed - f->shown));
    size_t body = least(least(room - head, f->in->size), f->left);

    (void)flags;
    memcpy(buf, f->head + f->shown, head);
    unmask(buf + head, f->in->data, body, f->key);
    f->shown += (uint8_t)head;
    f->left -= body;
    f->in->data += body;
    f->in->size -= body;
    return head + body ? (ssize_t)(head + body) : -1;
}

/* The header goes before the payload, into the frame's headroom; the payload is where it
 * belongs already, unless wslay has masked it in a buffer of its own. */
static ssize_t take(const uint8_t *data, size_t size, int flags, void *arg)
{
    struct framer *f = arg;

    (void)flags;
    if (!f->begun) {
        memcpy(f->out->store + FRAME_HEAD - size, data, size);
        f->out->data = f->out->store + FRAME_HEAD - size;
        f->out->size += size;
        f->begun = true;
    } else {
        char *place = f->out->store + FRAME_HEAD + f->written;
        if (place != (const char *)data)
            memcpy(place, data, size);
        f->written += size;
    }
    return (ssize_t)size;
}

static int mask_key(uint8_t *buf, size_t size, void *arg)
{
    memcpy(buf, ((struct framer *)arg)->key, size);
    return 0;
}

/* ---- lending framers ---- */

static _Atomic(struct framer *) spare;  /* one is kept, for whoever comes next */

static struct framer *new_framer(void)
{
    static const struct wslay_frame_callbacks callbacks = { take, show, mask_key };
    struct framer *f = must_alloc(sizeof *f);

    if (wslay_frame_context_init(&f->wslay, &callbacks, f) != 0)
        die("out of memory for a frame context");
    return f;
}

static void free_framer(struct framer *f)
{
    if (f)
        wslay_frame_context_free(f->wslay);
    free(f);
}

static struct framer *borrow(void)
{
    struct framer *f = atomic_exchange(&spare, NULL);

    return f ? f : new_framer();
}

static void give_back(struct framer *f)
{
    free_framer(atomic_exchange(&spare, f));
}

/* ---- sending ---- */

/* Turns a payload into a frame: wslay writes the header, and masks if there is a key. */
static void encode(struct framer *f, struct frame *out, uint8_t opcode,
                   const uint32_t *key)
{
    struct wslay_frame_iocb io = {
        .fin = 1, .opcode = opcode, .mask = key != NULL, .payload_length = out->size,
        .data = (const uint8_t *)out->data, .data_length = out->size,
    };

    f->out = out;
    f->written = 0;
    f->begun = false;
    if (key)
        memcpy(f->key, key, sizeof f->key);
    if (wslay_frame_send(f->wslay, &io) != (ssize_t)io.payload_length)
        die("wslay cannot encode a frame of %zu bytes", out->size);
}

struct frame *ws_frame(enum ws_opcode opcode, const char *data, size_t size)
{
    struct framer *f = borrow();
    struct frame *out = frame_copy(data, size);

    encode(f, out, (uint8_t)opcode, NULL);
    give_back(f);
    return out;
}

struct frame *ws_masked_frame(enum ws_opcode opcode, const char *data, size_t size,
                              uint32_t mask)
{
    struct framer *f = new_framer();    /* a wslay that has masked once masks for ever */
    struct frame *out = frame_copy(data, size);

    encode(f, out, (uint8_t)opcode, &mask);
    free_framer(f);
    return out;
}

struct frame *ws_close_frame(uint16_t status, const char *why)
{
    char body[125] = { (char)(status >> 8), (char)status };
    size_t size = least(strlen(why), sizeof body - 2);

    memcpy(body + 2, why, size);
    return ws_frame(WS_CLOSE, body, 2 + size);
}

enum ws_opcode ws_opcode(const struct frame *f) { return f->data[0] & 15; }

struct bytes ws_payload(const struct frame *f)
{
    int length = f->data[1] & 127;      /* or 126, 127: it follows, in 2 or 8 bytes */
    size_t head = length < 126 ? 2 : length == 126 ? 4 : 10;

    if (f->data[1] & 128)
        head += 4;
    return (struct bytes){ f->data + head, f->size - head };
}

/* Its length says which header it must have: the shortest, section 5.2. */
bool ws_is_message(struct bytes b)
{
    const uint8_t *head = (const uint8_t *)b.data;
    size_t more = b.size < 2 + 126 ? 0 : b.size < 4 + 65536 ? 2 : 8;
    uint64_t size = b.size - 2 - more, least = more == 0 ? 0 : more == 2 ? 126 : 65536;

    if (b.size < 2 || size < least)
        return false;
    if (head[0] != (0x80 | WS_TEXT) && head[0] != (0x80 | WS_BINARY))
        return false;
    for (size_t i = more; i > 0; i--, size >>= 8)
        if (head[1 + i] != (size & 255))
            return false;
    return head[1] == (more == 0 ? size : more == 2 ? 126 : 127);
}

/* ---- receiving ---- */

void ws_init(struct ws *ws, enum ws_role role, size_t max_message)
{
    *ws = (struct ws){ .role = role, .max_message = max_message };
}

void ws_free(struct ws *ws)
{
    free_framer(ws->framer);    /* in the midst of a frame nobody else can use it */
    ws->framer = NULL;
    frame_unref(ws->frame);
    ws->frame = NULL;
}

bool ws_inside(const struct ws *ws) { return ws->framer || ws->headed; }

uint64_t ws_got(const struct ws *ws) { return ws->framer ? ws->framer->got : 0; }

uint64_t ws_left(const struct ws *ws)
{
    return ws->framer ? ws->framer->left : 0;
}

static enum ws_event fail(struct ws *ws, uint16_t status, const char *why)
{
    ws->status = status;
    ws->why = why;
    return WS_ERROR;
}

static enum ws_event protocol_error(struct ws *ws, const char *why)
{
    return fail(ws, 1002, why);
}

/* How long a header is, as far as its first two bytes tell; two until they are here. */
static size_t header_size(const struct ws *ws)
{
    static const uint8_t extra[] = { [126] = 2, [127] = 8 };

    if (ws->headed < 2)
        return 2;
    return 2u + extra[ws->head[1] & 127] + (ws->head[1] & 128 ? 4 : 0);
}

static bool collect_header(struct ws *ws, struct bytes *in)
{
    while (ws->headed < header_size(ws)) {
        size_t n = least(header_size(ws) - ws->headed, in->size);

        if (n == 0)
            return false;
        memcpy(ws->head + ws->headed, in->data, n);
        ws->headed += (uint8_t)n;
        in->data += n;
        in->size -= n;
    }
    return true;
}

/* Sets up the framer for a frame whose header is complete. */
static void begin_frame(struct ws *ws)
{
    struct framer *f = ws->framer = borrow();
    bool masked = ws->head[1] & 128;
    size_t plain = ws->headed - (masked ? 4u : 0u);

    memcpy(f->head, ws->head, plain);
    memcpy(f->key, masked ? ws->head + plain : (const uint8_t[4]){ 0 }, 4);
    f->head[1] &= 127;
    f->headed = (uint8_t)plain;
    f->shown = 0;
    f->got = 0;
    f->left = f->head[1] & 127;
    if (f->left >= 126) {
        f->left = 0;
        for (size_t i = 2; i < plain; i++)
            f->left = f->left << 8 | f->head[i];
    }
    ws->opcode = ws->head[0] & 15;
    ws->headed = 0;
    ws->frames++;
}

/* What can be refused before a payload byte has come. Lengths beyond 63 bits and long
 * control frames are left to wslay. */
static enum ws_event check_header(struct ws *ws)
{
    bool masked = ws->head[1] & 128;
    size_t have = ws->frame ? ws->frame->size : 0;
    uint64_t left = ws->framer->left;

    if (masked != (ws->role == WS_SERVER))
        return protocol_error(ws, masked ? "a server's frames bear no mask"
                                         : "a client's frames must be masked");
    if (!wslay_is_ctrl_frame(ws->opcode) && !(left >> 63)
        && have + left > ws->max_message)
        return fail(ws, 1009, "the message is too big");
    return WS_NOTHING;
}

/* What wslay leaves to us, once a frame has begun (sections 5.2, 5.4). */
static enum ws_event check_frame(struct ws *ws, const struct wslay_frame_iocb *io)
{
    if (io->rsv)
        return protocol_error(ws, "reserved bits are set");
    if (wslay_is_ctrl_frame(io->opcode))
        return io->opcode <= WS_PONG ? WS_NOTHING
                                     : protocol_error(ws, "reserved control opcode");
    if (io->opcode > WS_BINARY)
        return protocol_error(ws, "reserved opcode");
    if (io->opcode && ws->message)
        return protocol_error(ws, "a new message inside another");
    if (!io->opcode && !ws->message)
        return protocol_error(ws, "a continuation of nothing");
    if (io->opcode) {
        ws->message = io->opcode;
        ws->utf8 = (struct utf8){ 0, 0, 0 };
        frame_unref(ws->frame);
        ws->frame = frame_new(least(io->payload_length, 65536));
    }
    return WS_NOTHING;
}

static enum ws_event take_payload(struct ws *ws, const struct wslay_frame_iocb *io)
{
    const char *data = (const char *)io->data;

    if (wslay_is_ctrl_frame(io->opcode)) {
        memcpy(ws->control + ws->framer->got, data, io->data_length);
    } else {
        if (ws->message == WS_TEXT && !utf8_feed(&ws->utf8, data, io->data_length))
            return fail(ws, 1007, "invalid UTF-8");
        ws->frame = frame_append(ws->frame, data, io->data_length);
    }
    ws->framer->got += io->data_length;
    return WS_NOTHING;
}

/* Codes that may stand in a close frame: section 7.4 and the IANA registry. */
static bool close_code(uint16_t code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
        || (code >= 3000 && code <= 4999);
}

static enum ws_event end_control(struct ws *ws)
{
    struct utf8 utf8 = { 0, 0, 0 };

    ws->size = (uint8_t)ws->framer->got;
    if (ws->opcode != WS_CLOSE)
        return WS_CONTROL;
    if (ws->size == 0) {
        ws->status = 1005;
        return WS_CONTROL;
    }
    ws->status = (uint16_t)((uint8_t)ws->control[0] << 8 | (uint8_t)ws->control[1]);
    if (ws->size == 1 || !close_code(ws->status))
        return protocol_error(ws, "an invalid close code");
    if (!utf8_feed(&utf8, ws->control + 2, ws->size - 2u) || !utf8_complete(&utf8))
        return fail(ws, 1007, "invalid UTF-8 in the close reason");
    return WS_CONTROL;
}

static enum ws_event end_message(struct ws *ws)
{
    if (ws->message == WS_TEXT && !utf8_complete(&ws->utf8))
        return fail(ws, 1007, "the text ends inside a character");
    encode(ws->framer, ws->frame, ws->message, NULL);
    ws->message = 0;
    return WS_MESSAGE;
}

static enum ws_event end_frame(struct ws *ws, const struct wslay_frame_iocb *io)
{
    enum ws_event event = WS_NOTHING;

    if (wslay_is_ctrl_frame(io->opcode))
        event = end_control(ws);
    else if (io->fin)
        event = end_message(ws);
    give_back(ws->framer);
    ws->framer = NULL;
    return event;
}

/* One step: a header, a piece of payload, or a whole small frame. */
static enum ws_event step(struct ws *ws, struct bytes *in, bool *more)
{
    struct wslay_frame_iocb io = { .fin = 0 };
    enum ws_event event;

    *more = false;
    if (!ws->framer) {
        if (!collect_header(ws, in))
            return WS_NOTHING;
        begin_frame(ws);
        if ((event = check_header(ws)) != WS_NOTHING)
            return event;
    }
    ws->framer->in = in;
    ssize_t n = wslay_frame_recv(ws->framer->wslay, &io);
    if (n == WSLAY_ERR_WANT_READ)
        return WS_NOTHING;
    if (n < 0)
        return protocol_error(ws, "a malformed frame header");
    *more = true;
    if (ws->framer->got == 0 && (event = check_frame(ws, &io)) != WS_NOTHING)
        return event;
    if ((event = take_payload(ws, &io)) != WS_NOTHING)
        return event;
    return ws->framer->got == io.payload_length ? end_frame(ws, &io) : WS_NOTHING;
}

enum ws_event ws_next(struct ws *ws, struct bytes *in)
{
    enum ws_event event;
    bool more;

    if (!ws->message && ws->frame) {    /* the last message, which nobody took */
        frame_unref(ws->frame);
        ws->frame = NULL;
    }
    do
        event = step(ws, in, &more);
    while (event == WS_NOTHING && more);
    return event;
}
