#include "ws.h"

#include <string.h>

#define HIGHEST UINT64_C(0x8080808080808080)

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void advance(struct bytes *in, size_t n)
{
    in->data += n;
    in->size -= n;
}

/* ---- sending ---- */

/* Section 5.2: FIN, no mask, the shortest length. */
struct frame *ws_seal(struct frame *f, enum ws_opcode opcode)
{
    size_t more = f->size < 126 ? 0 : f->size < 65536 ? 2 : 8, size = f->size;
    uint8_t *head = (uint8_t *)f->store + FRAME_HEAD - 2 - more;

    head[0] = 0x80 | (uint8_t)opcode;
    head[1] = more == 0 ? (uint8_t)size : more == 2 ? 126 : 127;
    for (size_t i = more; i > 0; i--, size >>= 8)
        head[1 + i] = (uint8_t)size;
    f->data = (char *)head;
    f->size += 2 + more;
    return f;
}

struct frame *ws_frame(enum ws_opcode opcode, const char *data, size_t size)
{
    return ws_seal(frame_copy(data, size), opcode);
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

/* The length of a message at the front as a server sends it: 0 if it is none, or not
 * whole. */
static size_t message_size(struct bytes b)
{
    const uint8_t *head = (const uint8_t *)b.data;
    size_t more, size;

    if (b.size < 2 || (head[0] != (0x80 | WS_TEXT) && head[0] != (0x80 | WS_BINARY)))
        return 0;
    more = head[1] < 126 ? 0 : head[1] == 126 ? 2 : head[1] == 127 ? 8 : b.size;
    if (b.size < 2 + more)
        return 0;
    size = more ? 0 : head[1];
    for (size_t i = 0; i < more; i++)
        size = size << 8 | head[2 + i];
    bool shortest = size >= (more == 0 ? 0 : more == 2 ? 126 : 65536);
    return shortest && size <= b.size - 2 - more ? 2 + more + size : 0;
}

unsigned ws_messages(struct bytes b)
{
    unsigned n = 0;

    for (size_t size; (size = message_size(b)); n++)
        advance(&b, size);
    return b.size ? 0 : n;
}

struct bytes ws_take(struct bytes *run, enum ws_opcode *opcode)
{
    size_t size = message_size(*run);
    struct bytes message = { run->data, size };

    if (size == 0)
        return (struct bytes){ NULL, 0 };
    *opcode = message.data[0] & 15;
    advance(run, size);
    advance(&message, message.data[1] < 126 ? 2 : message.data[1] == 126 ? 4 : 10);
    return message;
}

/* ---- receiving ---- */

void ws_init(struct ws *ws, enum ws_role role, size_t max_message)
{
    *ws = (struct ws){ .role = (uint8_t)role, .max_message = max_message };
}

void ws_free(struct ws *ws)
{
    frame_unref(ws->frame);
    ws->frame = NULL;
}

bool ws_inside(const struct ws *ws) { return ws->inside || ws->headed; }

uint64_t ws_got(const struct ws *ws) { return ws->inside ? ws->got : 0; }

uint64_t ws_left(const struct ws *ws) { return ws->inside ? ws->left : 0; }

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
static size_t header_size(const uint8_t *head, size_t have)
{
    size_t length = head[1] & 127;

    if (have < 2)
        return 2;
    return 2u + (length < 126 ? 0 : length == 126 ? 2 : 8) + (head[1] & 128 ? 4 : 0);
}

/* Takes a header off the input, or what there is of it. Returns its size when it is
 * complete, else 0. */
static size_t take_header(struct ws *ws, struct bytes *in)
{
    size_t n = least(sizeof ws->head - ws->headed, in->size), have = ws->headed + n;

    memcpy(ws->head + ws->headed, in->data ? in->data : "", n);
    size_t size = header_size(ws->head, have);
    if (have < size) {
        advance(in, n);
        ws->headed = (uint8_t)have;
        return 0;
    }
    advance(in, size - ws->headed);
    ws->headed = 0;
    return size;
}

static bool is_control(uint8_t opcode) { return opcode & 8; }

/* Reads a header that is complete. False if its length is not the shortest, or beyond 63
 * bits (section 5.2). */
static bool begin_frame(struct ws *ws, size_t size)
{
    size_t plain = size - (ws->head[1] & 128 ? 4 : 0);
    uint64_t length = ws->head[1] & 127;

    if (plain > 2) {
        length = 0;
        for (size_t i = 2; i < plain; i++)
            length = length << 8 | ws->head[i];
    }
    memcpy(ws->key, plain < size ? ws->head + plain : (const uint8_t[4]){ 0 }, 4);
    ws->opcode = ws->head[0] & 15;
    ws->fin = ws->head[0] & 128;
    ws->left = length;
    ws->got = 0;
    ws->inside = true;
    ws->frames++;
    return !(length >> 63) && length >= (plain == 2 ? 0 : plain == 4 ? 126 : 65536);
}

/* What can be said of a frame before its payload has come (sections 5.1 to 5.5). */
static enum ws_event check_frame(struct ws *ws, bool well_formed)
{
    bool masked = ws->head[1] & 128, control = is_control(ws->opcode);
    size_t have = ws->frame ? ws->frame->size : 0;

    if (masked != (ws->role == WS_SERVER))
        return protocol_error(ws, masked ? "a server's frames bear no mask"
                                         : "a client's frames must be masked");
    if (!control && !(ws->left >> 63) && have + ws->left > ws->max_message)
        return fail(ws, 1009, "the message is too big");
    if (!well_formed || (control && (!ws->fin || ws->left > sizeof ws->control)))
        return protocol_error(ws, "a malformed frame header");
    if (ws->head[0] & 0x70)
        return protocol_error(ws, "reserved bits are set");
    if (control)
        return ws->opcode <= WS_PONG ? WS_NOTHING
                                     : protocol_error(ws, "reserved control opcode");
    if (ws->opcode > WS_BINARY)
        return protocol_error(ws, "reserved opcode");
    if (ws->opcode && ws->message)
        return protocol_error(ws, "a new message inside another");
    if (!ws->opcode && !ws->message)
        return protocol_error(ws, "a continuation of nothing");
    return WS_NOTHING;
}

/* Its buffer grows with what comes, so that an announcement alone takes little. */
static void begin_message(struct ws *ws)
{
    ws->message = ws->opcode;
    ws->utf8 = (struct utf8){ 0, 0, 0 };
    ws->frame = frame_new(least(ws->left, 65536));
}

typedef uint64_t pair __attribute__((vector_size(16)));

/* Copies and unmasks (section 5.3: byte i is XORed with key[i mod 4]), and turns the key
 * for the byte that comes after. Returns all bits that were set anywhere: text without
 * the highest of a byte is ASCII. Two pairs of words a step keep a processor busy: a
 * large message takes a third of the time that it takes word by word. */
static uint64_t unmask(char *restrict to, const char *restrict from, size_t size,
                       uint8_t key[4])
{
    pair one, two, any = { 0, 0 }, wide;
    uint64_t w, bits;
    size_t i = 0;

    for (size_t k = 0; k < sizeof wide; k += 4)
        memcpy((char *)&wide + k, key, 4);
    for (; i + 2 * sizeof wide <= size; i += 2 * sizeof wide) {
        memcpy(&one, from + i, sizeof one);
        memcpy(&two, from + i + sizeof one, sizeof two);
        one ^= wide;
        two ^= wide;
        any |= one | two;
        memcpy(to + i, &one, sizeof one);
        memcpy(to + i + sizeof one, &two, sizeof two);
    }
    for (bits = any[0] | any[1]; i + 8 <= size; i += 8) {
        memcpy(&w, from + i, 8);
        w ^= wide[0];
        bits |= w;
        memcpy(to + i, &w, 8);
    }
    for (; i < size; i++) {
        to[i] = (char)(from[i] ^ key[i % 4]);
        bits |= (uint8_t)to[i];
    }
    memcpy(key, (char *)&wide + size % 4, 4);
    return bits;
}

static enum ws_event take_payload(struct ws *ws, struct bytes *in)
{
    size_t n = least(in->size, ws->left);
    bool control = is_control(ws->opcode);

    if (n == 0)
        return WS_NOTHING;
    if (!control)
        ws->frame = frame_reserve(ws->frame, n);
    char *to = control ? ws->control + ws->got : ws->frame->data + ws->frame->size;
    uint64_t bits = unmask(to, in->data, n, ws->key);
    advance(in, n);
    ws->left -= n;
    ws->got += n;
    if (control)
        return WS_NOTHING;
    ws->frame->size += n;
    bool ascii = !(bits & HIGHEST) && utf8_complete(&ws->utf8);
    if (ws->message == WS_TEXT && !ascii && !utf8_feed(&ws->utf8, to, n))
        return fail(ws, 1007, "invalid UTF-8");
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

    ws->size = (uint8_t)ws->got;
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
    ws_seal(ws->frame, ws->message)->messages = 1;
    ws->message = 0;
    return WS_MESSAGE;
}

static enum ws_event end_frame(struct ws *ws)
{
    ws->inside = false;
    if (is_control(ws->opcode))
        return end_control(ws);
    return ws->fin ? end_message(ws) : WS_NOTHING;
}

enum ws_event ws_next(struct ws *ws, struct bytes *in)
{
    enum ws_event event = WS_NOTHING;
    size_t size;

    if (!ws->message)           /* the last message, if nobody took it */
        ws_free(ws);
    while (event == WS_NOTHING) {
        if (!ws->inside) {
            if (!(size = take_header(ws, in)))
                return WS_NOTHING;
            if ((event = check_frame(ws, begin_frame(ws, size))) != WS_NOTHING)
                return event;
            if (!is_control(ws->opcode) && ws->opcode)
                begin_message(ws);
        }
        if ((event = take_payload(ws, in)) != WS_NOTHING)
            return event;
        if (ws->left)
            return WS_NOTHING;
        event = end_frame(ws);
    }
    return event;
}

/* Only the plain case, and the most frequent: a client's whole message of less than
 * 64 KiB in one frame, which fits. Whatever else it is, ws_next() will say. */
bool ws_append(const struct ws *ws, struct frame **run, struct bytes *in)
{
    const uint8_t *head = (const uint8_t *)in->data;
    size_t most = least(ws->max_message, WS_RUN);
    uint8_t key[4];

    if (ws->role != WS_SERVER || in->size < 6 || !(head[1] & 128) || head[1] == 255
        || (head[0] != (0x80 | WS_TEXT) && head[0] != (0x80 | WS_BINARY)))
        return false;
    size_t plain = head[1] < (128 | 126) ? 2 : 4;
    size_t size = plain == 2 ? head[1] & 127 : (size_t)(head[2] << 8 | head[3]);
    if (size < (plain == 2 ? 0 : 126) || plain + 4 + size > in->size
        || (*run)->size + plain + size > most)
        return false;
    struct frame *f = *run = frame_reserve(*run, plain + size);
    char *to = f->data + f->size;
    struct utf8 utf8 = { 0, 0, 0 };
    memcpy(key, head + plain, 4);
    uint64_t bits = unmask(to + plain, in->data + plain + 4, size, key);
    if ((head[0] & 15) == WS_TEXT && bits & HIGHEST
        && !(utf8_feed(&utf8, to + plain, size) && utf8_complete(&utf8)))
        return false;
    memcpy(to, head, plain);
    to[1] &= 127;
    f->size += plain + size;
    f->messages++;
    advance(in, plain + 4 + size);
    return true;
}
