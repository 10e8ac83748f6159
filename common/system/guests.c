#include "guests.h"
#include "die.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct guest {                  /* those of one address whom one process serves */
    struct in6_addr address;    /* an IPv4 address as ::ffff:a.b.c.d */
    pid_t pid;
    int count;                  /* for a moment below 0: of a child that was quicker than
                                   its parent's hand-over. The sum is always right */
    int next;                   /* in its chain, or of those that are free; 0: none */
};

/* All in shared memory. Nobody leaves a chain but by a sweep, and only count says who is
 * here: a process killed in the middle of it leaves a book that a sweep puts right. */
static struct book {
    pthread_mutex_t lock;
    int most_of_one, room, used, free;
    uint32_t seed, mask;
} *book;
static int *chains;             /* a table of hashes: the first guest of each */
static struct guest *guests;    /* from 1 to book->used */

/* This process's own, under the lock, too: the guest behind each descriptor. */
static struct known { struct in6_addr address; bool here; } *known;
static int knows;

void guests_open(int most_of_one, int most)
{
    pthread_mutexattr_t shared;
    uint32_t size = 64;

    while (size < (uint32_t)most)
        size *= 2;
    book = must_share(sizeof *book);
    book->most_of_one = most_of_one;
    book->room = 2 * (int)size; /* half of them at least are free after a sweep */
    book->mask = size - 1;
    chains = must_share(size * sizeof *chains);
    guests = must_share(((size_t)book->room + 1) * sizeof *guests);
    if (getentropy(&book->seed, sizeof book->seed) < 0)
        die("no random number for a table of addresses: %s", strerror(errno));
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&book->lock, &shared);
    pthread_mutexattr_destroy(&shared);
}

/* A pid may be somebody else's by now, but hardly one of our process group. */
static bool is_alive(pid_t pid)
{
    return pid == getpid() || getpgid(pid) == getpgrp();
}

static int *chain_of(const struct in6_addr *a)
{
    uint32_t hash = book->seed;         /* FNV-1a; nobody knows where it begins */

    for (int i = 0; i < 16; i++)
        hash = (hash ^ a->s6_addr[i]) * 16777619;
    return &chains[(hash ^ hash >> 15) & book->mask];
}

static void link_guest(int i)
{
    int *chain = chain_of(&guests[i].address);

    guests[i].next = *chain;
    *chain = i;
}

/* Who has left, or has died with its process, makes room. */
static void sweep(void)
{
    memset(chains, 0, ((size_t)book->mask + 1) * sizeof *chains);
    book->free = 0;
    for (int i = 1; i <= book->used; i++)
        if (guests[i].count != 0 && is_alive(guests[i].pid)) {
            link_guest(i);
        } else {
            guests[i].count = 0;
            guests[i].next = book->free;
            book->free = i;
        }
}

static void lock(void)
{
    if (pthread_mutex_lock(&book->lock) == EOWNERDEAD) {
        pthread_mutex_consistent(&book->lock);
        sweep();
    }
}

static void unlock(void) { pthread_mutex_unlock(&book->lock); }

/* How many this address has. To look for the dead costs a call each. */
static int count(const struct in6_addr *a, bool bury)
{
    int sum = 0;

    for (int i = *chain_of(a); i; i = guests[i].next)
        if (memcmp(&guests[i].address, a, sizeof *a) == 0) {
            if (bury && guests[i].count && !is_alive(guests[i].pid))
                guests[i].count = 0;
            sum += guests[i].count;
        }
    return sum;
}

/* A guest of the address's chain that counts nothing, or 0: there is no room. */
static int make(const struct in6_addr *a)
{
    int i = *chain_of(a);

    while (i && guests[i].count)        /* a chain is as long as it was full */
        i = guests[i].next;
    if (i)
        return i;
    if (!book->free && book->used == book->room)
        sweep();
    if ((i = book->free))
        book->free = guests[i].next;
    else if (book->used < book->room)
        i = ++book->used;
    else
        return 0;
    guests[i].address = *a;
    link_guest(i);
    return i;
}

/* Adds to those of this address whom that process serves. False if there is no room. */
static bool add(const struct in6_addr *a, pid_t pid, int more)
{
    int i = *chain_of(a);

    while (i && (guests[i].pid != pid || memcmp(&guests[i].address, a, sizeof *a) != 0))
        i = guests[i].next;
    if (!i && !(i = make(a)))
        return false;
    guests[i].address = *a;
    guests[i].pid = pid;
    guests[i].count += more;
    return true;
}

static struct in6_addr address_of(const struct sockaddr *from)
{
    struct in6_addr a = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
    const void *any = from;

    if (from->sa_family == AF_INET6)
        return ((const struct sockaddr_in6 *)any)->sin6_addr;
    memcpy(&a.s6_addr[12], &((const struct sockaddr_in *)any)->sin_addr, 4);
    return a;
}

static void remember(int fd, struct in6_addr a)
{
    if (fd >= knows) {
        int most = 2 * fd + 64;

        known = must_realloc(known, (size_t)most * sizeof *known);
        memset(known + knows, 0, (size_t)(most - knows) * sizeof *known);
        knows = most;
    }
    known[fd] = (struct known){ a, true };
}

/* Where does that one stand now: for no process, 0, or for another? */
static void move(int fd, pid_t pid)
{
    if (fd >= knows || !known[fd].here)
        return;
    known[fd].here = false;
    if (pid)
        add(&known[fd].address, pid, 1);
    add(&known[fd].address, getpid(), -1);
}

bool guests_enter(int fd, const struct sockaddr *from)
{
    if (!book)
        return true;
    struct in6_addr a = address_of(from);
    lock();
    move(fd, 0);                /* whoever had this number has left without a word */
    bool welcome = (count(&a, false) < book->most_of_one
                    || count(&a, true) < book->most_of_one) && add(&a, getpid(), 1);
    if (welcome)
        remember(fd, a);
    unlock();
    return welcome;
}

void guests_hand_over(int fd, pid_t pid)
{
    if (!book)
        return;
    lock();
    move(fd, pid);
    unlock();
}

void guests_leave(int fd) { guests_hand_over(fd, 0); }
