/* mailbox.h - frames for a connection that another thread owns: lock, list and bell. */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "outbox.h"
#include <pthread.h>
#include <stdbool.h>

struct peer;

struct mailbox {
    pthread_mutex_t lock;
    struct outbox mail;
    size_t bound;
    bool lost;                  /* more came than the bound allows */
    int bell;                   /* eventfd(2), readable while there is mail: poll it */
};

/* The bound is the owner's max_output. False: no descriptor is left for a bell. */
bool mailbox_open(struct mailbox *, size_t bound);
void mailbox_close(struct mailbox *);

/* Leaves a frame and rings; any thread may. When the bound is passed all mail is dropped,
 * and the owner's peer is told so when it takes it: peer_lost(). */
void mailbox_post(struct mailbox *, struct frame *);

/* The owner empties it into its peer, and the bell is still. */
void mailbox_take(struct mailbox *, struct peer *);

#endif
