#include "mailbox.h"
#include "peer.h"

#include <sys/eventfd.h>
#include <unistd.h>

bool mailbox_open(struct mailbox *box, size_t bound)
{
    *box = (struct mailbox){ .bound = bound };
    box->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&box->lock, NULL);
    outbox_init(&box->mail);
    return box->bell >= 0;
}

void mailbox_close(struct mailbox *box)
{
    outbox_free(&box->mail);
    pthread_mutex_destroy(&box->lock);
    if (box->bell >= 0)
        close(box->bell);
}

void mailbox_post(struct mailbox *box, struct frame *frame)
{
    pthread_mutex_lock(&box->lock);
    if (!box->lost) {
        if (!outbox_count(&box->mail))  /* one ring is enough for all that lies there */
            eventfd_write(box->bell, 1);
        outbox_push(&box->mail, frame);
        if ((box->lost = box->mail.size > box->bound))
            outbox_drop(&box->mail, 0);
    }
    pthread_mutex_unlock(&box->lock);
}

void mailbox_take(struct mailbox *box, struct peer *peer)
{
    struct frame *frame;
    eventfd_t rings;

    pthread_mutex_lock(&box->lock);
    eventfd_read(box->bell, &rings);
    while ((frame = outbox_first(&box->mail))) {
        peer_push(peer, frame);
        outbox_sent(&box->mail, frame->size);
    }
    if (box->lost)
        peer_lost(peer);
    pthread_mutex_unlock(&box->lock);
}
