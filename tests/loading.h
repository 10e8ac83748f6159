/* loading.h - running the load client as a user does, against a model or a liar, and
 * reading what it reports. */
#ifndef LOADING_H
#define LOADING_H

#include "liar.h"
#include "program.h"
#include "unit.h"

#define URL "ws://127.0.0.1:%d/relay/a"
#define HTTP_OK(body) "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" body

/* A model that all tests of a file share: their group's fixtures start and stop it. */
extern struct program epoll;
extern int port;
int start_epoll(void **state);
int stop_epoll(void **state);

/* Runs bin/load with these options, a format. */
#define load(result, ...) \
    do { struct program p_ = program_start("load " __VA_ARGS__); \
         program_end(&p_, result); } while (0)

/* The same against a liar (or one that recites a script of these fields), or a model with
 * these options: it is started for this run alone, and the format ends with its port. */
#define load_liar(result, started, ...) \
    do { struct liar liar_ = started; \
         load(result, __VA_ARGS__, liar_.port); \
         liar_stop(&liar_); } while (0)
#define recite(...) liar_recite((struct script){ __VA_ARGS__ })
#define load_model(result, model, options, ...) \
    do { struct program model_; \
         int port_ = model_start(&model_, model, options); \
         load(result, __VA_ARGS__, port_); \
         model_stop(&model_); } while (0)

/* Starts bin/load, and waits until it is well under way: the model at this port has had
 * messages, or done jobs. */
#define load_sending(its_port, ...) ({ \
    long had_ = messages_at(its_port); \
    struct program p_ = program_start("load " __VA_ARGS__); \
    wait_for_messages(its_port, had_ + 50); \
    p_; })

/* How many messages a model has had and how many jobs it has done, together, by its own
 * account; and until it has had so many. */
long messages_at(int its_port);
void wait_for_messages(int its_port, long wanted);

/* Stops a process for so long. */
void halt(pid_t, int ms);

#define tells(text, words) \
    check(strstr(text, words), "\"%s\" is not in: %s", words, text)

/* Exit status 0; or 4, as on a machine that has other things to do. */
void ended_well(const struct result *);

/* These read the JSON report on stdout. Nothing was lost, and if the machine had other
 * things to do, that was said; or the run is not valid, and this rule says why. */
void went_well(const struct result *);
void invalid(const struct result *, const char *rule);

/* A file for a program to write, which has no name that would have to be removed. */
struct output {
    FILE *file;
    char path[40];
};
struct output output_open(void);

/* A row of --timeline: times in ns of CLOCK_MONOTONIC. */
struct row {
    int connection;
    long long start, end, due;
};

/* The next one; false at the end, and the file is closed. */
bool next_row(FILE *, struct row *);

#endif
