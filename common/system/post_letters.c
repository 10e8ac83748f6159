#include "post_letters.h"
#include "die.h"
#include "net.h"
#include "options.h"
#include "outbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 };         /* bytes read at a time */

struct stream stream_on(int fd, const struct options *o)
{
    return (struct stream){ .fd = fd, .most = o->max_message + FRAME_HEAD };
}

void stream_close(struct stream *s)
{
    close(s->fd);
    free(s->buf);
}

bool stream_fill(struct stream *s)
{
    if (s->room - s->have < CHUNK)
        s->buf = must_realloc(s->buf, s->room = s->have + CHUNK);
    ssize_t n = read(s->fd, s->buf + s->have, CHUNK);
    if (n > 0)
        s->have += (size_t)n;
    return n > 0 || net_would_block(n);
}

bool stream_letter(const struct stream *s, size_t *at, struct letter *l)
{
    struct head head;

    if (s->have - *at < sizeof head)
        return false;
    memcpy(&head, s->buf + *at, sizeof head);
    l->kind = head.size > s->most ? NONSENSE : head.kind;
    if (l->kind == NONSENSE)
        return true;
    if (s->have - *at < sizeof head + head.size)
        return false;
    l->whole = (struct bytes){ s->buf + *at, sizeof head + head.size };
    l->body = (struct bytes){ s->buf + *at + sizeof head, head.size };
    *at += l->whole.size;
    return true;
}

void stream_forget(struct stream *s, size_t at)
{
    s->have -= at;
    if (s->have == 0) {
        free(s->buf);
        s->buf = NULL;
        s->room = 0;
    } else if (at) {
        memmove(s->buf, s->buf + at, s->have);
    }
}

bool stream_flush(struct stream *s, struct outbox *out)
{
    while (outbox_first(out)) {
        ssize_t n = net_write(s->fd, outbox_peek(out));

        if (n < 0)              /* full, or it is gone, which its end of file will tell */
            return !net_would_block(n);
        outbox_sent(out, (size_t)n);
    }
    return true;
}
