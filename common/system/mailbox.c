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
    bool ring = false;

    pthread_mutex_lock(&box->lock);
    if (!box->lost) {
        ring = !outbox_count(&box->mail);       /* DOC: mailbox-bell. Once for all */
        outbox_push(&box->mail, frame);
        if ((box->lost = box->mail.size > box->bound))
            outbox_drop(&box->mail, 0);
    }
    pthread_mutex_unlock(&box->lock);
    if (ring)                   /* whom it wakes must not find the lock taken */
        eventfd_write(box->bell, 1);
}

void mailbox_take(struct mailbox *box, struct peer *peer)
{
    struct frame *frame;
    eventfd_t rings;

    eventfd_read(box->bell, &rings);    /* DOC: mailbox-still. First */
    pthread_mutex_lock(&box->lock);
    while ((frame = outbox_first(&box->mail))) {
        peer_push(peer, frame);
        outbox_sent(&box->mail, frame->size);
    }
    if (box->lost)
        peer_lost(peer);
    pthread_mutex_unlock(&box->lock);
}
