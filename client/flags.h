/* flags.h - the command line of the load client. */
#ifndef FLAGS_H
#define FLAGS_H

#include "url.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode {
    MODE_RELAY,                 /* what we send comes back, to every member of the room */
    MODE_JOB,                   /* what we send is answered with a job's result */
    MODE_RAW,                   /* bytes come back, no protocol */
    MODE_HTTP,                  /* requests, answered one at a time on each connection */
};

struct stage {                  /* a number of connections for a time */
    int64_t duration;
    int connections;
};

enum { STAGES = 64 };

struct flags {
    char *line;                 /* the whole command, for the report */
    const char *text_url;
    struct url url;
    enum mode mode;
    int connections;            /* with stages: of the largest of them */
    struct stage stages[STAGES];
    int stage_count;            /* 0: -c and -d say it all */
    double connect_rate;        /* connections begun a second; 0: as fast as they open */
    int rooms;                  /* groups that share messages; as many as connections when
                                   nobody shares (jobs, HTTP, raw) */
    bool numbered;              /* --rooms was given: their paths may differ */
    const char *subprotocol;    /* to be offered to ws://; or NULL */
    char *credential;           /* a header that goes with every request; or NULL */
    const char *room_path;      /* of each room, {} is its number; NULL: see path_of() */
    int senders;                /* per room; the other members listen */
    int threads;
    int burst;                  /* messages a write, in a closed loop */
    double rate, rate_to;       /* messages a second, in total; 0: a closed loop */
    bool open_loop, poisson;
    uint64_t seed;              /* of poisson's arrivals; fits a JSON number exactly */
    bool seeded;                /* --seed was given; else it has been drawn */
    int64_t think;              /* ns between an answer and the next message */
    int64_t patience;           /* ns that a request is waited for; or NEVER */
    uint32_t retries;           /* how often it is asked again at most, */
    int64_t retry_after;        /* and after how many ns */
    uint64_t churn;             /* messages on a connection, then a new one; 0: never */
    size_t size_least, size;    /* bytes a message, the largest */
    bool text;
    uint64_t messages;          /* in total; UINT64_MAX: until the time is over */
    int64_t duration;           /* ns, or NEVER */
    int64_t warmup, timeout, drain;     /* ns */
    int64_t slo;                /* ns that the response time's p99 may reach; or NEVER */
    uint64_t max_loss;          /* deliveries */
    uint64_t max_refused;       /* HTTP's answers that are not 2xx */
    uint64_t max_given_up;      /* HTTP's requests, after --patience */
    int server;                 /* its pid, or 0 */
    const char *json, *csv, *timeline, *hdr;    /* files, or NULL */
    bool quiet;
};

/* Reads the command line. --help and --version are answered and exit 0; what is wrong is
 * told in one line, exit 2. */
void flags_parse(struct flags *, int argc, char **argv);

#endif
