/* liar.h - a server that behaves badly in one chosen manner, to see whether who talks to
 * it notices. Otherwise it is a relay with one room, good enough for a test. */
#ifndef LIAR_H
#define LIAR_H

#include <stdbool.h>
#include <sys/types.h>

enum lie {
    HONEST,
    DROPS,                      /* one delivery in ten does not come */
    REPEATS,                    /* one comes twice */
    SWAPS,                      /* one comes after the next */
    CORRUPTS,                   /* one has a wrong byte */
    DIES,                       /* after so many messages the process is gone */
    FALLS_SILENT,               /* after so many it answers no more */
    CLOSES,                     /* after so many it says goodbye to everybody */
    BABBLES,                    /* after so many it sends bytes that are no frames */
    NEVER_ANSWERS,              /* takes connections and says nothing */
    SPEAKS_SSH,                 /* answers, but not in HTTP */
    WRONG_ACCEPT,               /* its 101 is not for our key */
    REFUSES,                    /* 503 to everybody */
    ENDS_BY_CLOSING,            /* its HTTP answers end where the connection does */
    TAKES_NO_MORE,              /* after so many messages it accepts nobody */
    ECHOES,                     /* a message goes to its sender, and to nobody else */
    SPARES_THE_SENDER,          /* it goes to all the others */
};

/* For servers of any kind: what they say to each request of a connection, to the byte. */
struct script {
    const char *answers[8];     /* to the first, the second ...; the last to all after.
                                   $A is the Sec-WebSocket-Accept; after a 101, it is a
                                   relay. "": says nothing; "!": closes, and has not
                                   even read the request */
    int closes_after;           /* so many answers; 0: never */
    int idle_ms;                /* and when nothing was asked for so long; 0: never; -1:
                                   as soon as somebody has come */
    const char *last_word;      /* which it says then; or NULL */
    bool by_bytes;              /* writes one at a time */
    bool on_six;                /* listens on [::1] */
};

struct liar {
    pid_t pid;
    int port;
};

/* Starts one on a free port of 127.0.0.1; it dies with us. */
struct liar liar_start(enum lie);
struct liar liar_recite(struct script);
void liar_stop(struct liar *);

#endif
