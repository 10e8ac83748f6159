/* server.h - a model under test: started in a session of its own, watched, stopped. */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A checked build takes its time and more memory, at its end above all. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { SLOWER = 4 };
#else
enum { SLOWER = 1 };
#endif

enum { PATIENCE = 5000 * SLOWER };  /* ms that anything which must happen may take */

enum kind { UNKNOWN, PROCESSES, THREADS, A_LOOP };      /* what serves its clients */

struct model {
    const char *name;
    bool crew;                  /* has --workers, and serves as many clients at a time */
    int helpers;                /* of a loop: threads that do its jobs */
    bool single;                /* serves one; the next waits in the backlog */
    bool stacks;                /* has --max-stacks: what awaits takes some */
    bool awaits;                /* a loop whose await:N lets others go first */
    enum kind kind;
};

struct limits {                 /* 0: ours */
    int files;                  /* descriptors, a process */
    int signals;                /* that may be queued, besides those that are now */
};

struct server {
    const struct model *model;
    pid_t pid;                  /* its session and process group too; 0: not running */
    int port;
    bool v6;                    /* listens on ::1 instead of 127.0.0.1 */
    int out;                    /* its stdout */
    bool told;                  /* to stop, and may be gone when server_stop() comes */
};

/* Finds out what a model is: asks for its --help, and, if it can answer already, rings
 * twice, and looks what has come to be. */
struct model model_probe(const char *name, bool answers);

/* What a model's file says that it `Needs:` of the machine, "" if nothing; valid until
 * the next call. */
const char *model_needs(const char *name);

/* Is it one that this machine can't run? It needs something, and when it is started it
 * says "cannot run here: ...", which is left in why, and ends with status 2. */
bool model_unfit(const char *name, char *why, size_t size);

/* A model's file opens with a line `Predicts: cpu FORMULA, wait FORMULA`, perhaps with
 * `, nap FORMULA` and `, beside FORMULA` at its end. Returns one of them, "" if it is not
 * there; valid until the next call. */
const char *model_predicts(const char *name, const char *what);

/* Runs the program to its end; the options are words with single blanks between them.
 * Returns the exit status, negative when a signal ended it. out and err get what it
 * printed, cut to size. Complains if it runs for long. */
int model_run(const struct model *, const char *options, char *out, char *err,
              size_t size);

/* What a hostile parent does in the child before it becomes the model; NULL: nothing. It
 * inherits 0, 1 and 2, and whatever is made here. */
extern void (*server_surroundings)(void);

/* Like server_start(), of one that may have a reason not to start: then NULL, err is the
 * one line that it said on stderr, and it has ended with status 2. */
struct server *server_try(const struct model *, const char *options, char *err,
                          size_t size);

/* Like server_start(), on this port, of a model that cannot say where it listens. */
struct server *server_start_mute(const struct model *, const char *options, int port);

/* A port that nobody else is given until the descriptor, which is returned, is closed. */
int server_hold_port(int *port);

/* Starts it on a free port and waits until it listens; a crew has sixteen workers unless
 * the options say otherwise. The server is ours until server_stop(). Limits: NULL for our
 * own. */
struct server *server_start(const struct model *, const char *options,
                            const struct limits *);

/* Sends the signal (to the whole process group if it is negative), and complains unless
 * the server exits with 0 within two seconds and leaves no process behind. Returns how
 * many ms it took from when it was told. */
int server_stop(struct server *, int sig);

/* Has it ended? server_stop() is still to come. */
bool server_has_ended(const struct server *);

/* Waits until it ends by itself, and complains unless that leaves no process behind.
 * Returns its exit status, negative when a signal ended it. */
int server_end(struct server *);

/* Kills its first process with SIGKILL. Are all the others gone within that time? */
bool server_orphans_end(struct server *, int ms);

/* Whether one of ours is the first process of this session. */
bool server_leads(pid_t session);

/* ---- what the kernel says about all its processes together ---- */
int server_pids(const struct server *, pid_t *, int max); /* zombies too; its own first */
int server_zombies(const struct server *);      /* that stay, half a second later */
int server_tasks(const struct server *);        /* threads */
int server_files(const struct server *);        /* open descriptors */
int64_t server_cpu(const struct server *);      /* ns of CPU time so far */
long server_mappings(const struct server *);    /* two for each stack with a guard */
long server_switches(const struct server *);    /* how often one has gone to sleep */
long server_memory(const struct server *);      /* KiB, of shared pages its share */

/* SIGSTOP to all its processes, or to one; and back when not a thread of theirs runs any
 * more: what comes then is seen by none before SIGCONT. */
void server_freeze(const struct server *);
void process_freeze(pid_t);

/* Connections that wait for accept(2). */
int server_backlog(const struct server *);

#endif
