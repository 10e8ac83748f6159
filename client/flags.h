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
};

struct flags {
    char *line;                 /* the whole command, for the report */
    const char *text_url;
    struct url url;
    enum mode mode;
    int connections;
    int rooms;                  /* groups that share messages; as many as connections when
                                   nobody shares (jobs, raw) */
    bool numbered;              /* --rooms was given: a number is added to the path */
    int senders;                /* per room; the other members listen */
    int burst;                  /* messages a write */
    size_t size;                /* bytes a message */
    bool text;
    uint64_t messages;          /* in total; UINT64_MAX: until the time is over */
    int64_t duration;           /* ns, or NEVER */
    int64_t warmup, timeout;    /* ns */
    int server;                 /* its pid, or 0 */
    const char *json, *timeline, *hdr;  /* files, or NULL */
    bool quiet;
};

/* Reads the command line. --help and --version are answered and exit 0; what is wrong is
 * told in one line, exit 2. */
void flags_parse(struct flags *, int argc, char **argv);

/* "500ms", "10s", "2m", "1.5" (seconds), into ns. False: none of these. */
bool flags_time(const char *, int64_t *ns);

/* The path a connection of this room asks for: the URL's, with --rooms numbered:
 * /relay/a-7?job=cpu:20. False: it does not fit. */
bool flags_path(const struct flags *, int room, char path[URL_PATH]);

#endif
