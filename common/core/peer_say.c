#include "metrics.h"
#include "peer_inside.h"

#include <stdio.h>

/* Every byte we say goes through here, and what waits is bounded. */
void say_shared(struct peer *p, struct frame *f)
{
    outbox_push(&p->out.box, f);
    if (p->out.box.size > p->options->max_output
        && p->state != CLOSING && p->state != GONE)
        say_too_slow(p);
}

void say(struct peer *p, struct frame *f)
{
    say_shared(p, f);
    frame_unref(f);
}

void say_close(struct peer *p, uint16_t status, const char *why)
{
    p->state = CLOSING;
    p->pending.work = p->pending.relay = p->pending.job_out = false;
    p->life.deadline = clock_now() + p->options->close_within;
    say(p, ws_close_frame(status, why));
}

/* Whole frames, then the reason: no frame is cut. */
void say_too_slow(struct peer *p)
{
    metrics_count(overflowed);
    outbox_drop(&p->out.box, p->out.handshake_frames);
    if (p->state == OPEN)
        say_close(p, 1013, "reading too slowly");
    else
        p->state = GONE;
}

void say_written(struct peer *p, struct frame *answer)
{
    say(p, answer);
    p->out.close_when_flushed = !p->request.keep_alive;
    p->life.deadline = clock_now() + p->options->handshake;
}

void say_answer(struct peer *p, int status, const char *text)
{
    say_written(p, http_answer(&p->request, status, text));
}

void say_refusal(struct peer *p, int status, const char *why)
{
    char text[256];

    snprintf(text, sizeof text, "%d %s\n", status, why);
    metrics_count(refused);
    say_answer(p, status, text);
}
