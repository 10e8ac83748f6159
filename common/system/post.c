#include "post.h"
#include "die.h"
#include "net.h"
#include "outbox.h"
#include "peer.h"
#include "post_letters.h"
#include "ws.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct post {
    struct stream in;
    struct outbox out;          /* what the office has not taken yet */
    struct peer *peer;          /* of the client that we serve, */
    int client, stop;           /* and what must not wait for the office */
    bool seated;                /* we have asked for a seat, and not given it up */
    bool asked;                 /* and are not answered yet: mail before that is void */
};

struct post *post_open(const struct options *o, int fd)
{
    struct post *post = must_alloc(sizeof *post);

    *post = (struct post){ .in = stream_on(fd, o), .client = -1, .stop = -1 };
    outbox_init(&post->out);
    return post;
}

void post_attend(struct post *post, struct peer *peer, int client, int stop)
{
    post->peer = peer;
    post->client = client;
    post->stop = stop;
}

int post_fd(const struct post *post) { return post->in.fd; }

/* Head and body go in one piece: a head on its own would wake the office for nothing. */
static void put_letter(struct post *post, uint32_t kind, const char *body, size_t size)
{
    struct head head = { kind, (uint32_t)size };
    struct frame *whole = frame_append(frame_new(sizeof head + size),
                                       (const char *)&head, sizeof head);

    whole = frame_append(whole, body, size);
    outbox_push(&post->out, whole);
    frame_unref(whole);
}

/* DOC: post-patience. Waits for the office, but not past what else must not wait: false.
 * An office that takes too long is as good as none: we hang up. */
static bool await_office(struct post *post, short events, int client)
{
    struct pollfd set[] = { net_poll(post->in.fd, events), net_poll(post->stop, POLLIN),
                            net_poll(client, 0) };

    if (!net_wait(set, 3, peer_deadline(post->peer)))
        shutdown(post->in.fd, SHUT_RDWR);
    return !set[1].revents && !set[2].revents;
}

/* Until the office has answered, or cannot be waited for. */
static bool await_answer(struct post *post)
{
    bool alive = true;

    while (post->asked && alive) {
        bool all = stream_flush(&post->in, &post->out);

        if (!await_office(post, POLLIN | (all ? 0 : POLLOUT), post->client))
            return false;
        alive = post_take(post, post->peer);
    }
    return alive;
}

/* One question at a time: a client that we served before may have left before the answer
 * came. */
void post_join(struct post *post, const char *room)
{
    if (!await_answer(post))
        return;
    post->seated = post->asked = true;
    put_letter(post, JOINS, room, strlen(room));
    await_answer(post);
}

void post_leave(struct post *post)
{
    if (!post->seated)
        return;
    post->seated = false;
    put_letter(post, LEAVES, "", 0);
    stream_flush(&post->in, &post->out);
}

/* What a client has said is sent on, though it may be gone by now. */
void post_send(struct post *post, struct frame *frame)
{
    if (outbox_first(&post->out))
        return;                 /* there was no waiting for the office any more */
    put_letter(post, MAIL, frame->data, frame->size);
    while (!stream_flush(&post->in, &post->out) && await_office(post, POLLOUT, -1))
        ;
}

/* False if an office in its right mind does not send that. */
static bool take_letter(struct post *post, struct peer *peer, const struct letter *l)
{
    bool ours = peer && post->seated && !post->asked;

    switch (l->kind) {
    case JOINS:
        post->asked = false;
        return true;
    case MAIL:
        if (ours) {
            struct frame *f = frame_copy(l->body.data, l->body.size);

            f->messages = ws_messages(l->body);
            peer_push(peer, f);
            frame_unref(f);
        }
        return true;
    case LOST:
        if (ours)
            peer_lost(peer);
        return true;
    default:
        return false;
    }
}

bool post_take(struct post *post, struct peer *peer)
{
    bool alive = stream_fill(&post->in);
    struct letter l;
    size_t at = 0;

    while (alive && stream_letter(&post->in, &at, &l))
        alive = take_letter(post, peer, &l);
    stream_forget(&post->in, at);
    stream_flush(&post->in, &post->out);
    return alive;
}

void post_close(struct post *post)
{
    stream_close(&post->in);
    outbox_free(&post->out);
    free(post);
}
