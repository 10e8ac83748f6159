/* program.h - running our own programs, as a user does, and looking at what they say. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdio.h>
#include <sys/types.h>

struct program {
    pid_t pid;
    FILE *out, *err;
    double began;
};

struct result {
    int status;                 /* the exit status, or minus the signal */
    double seconds;
    char out[16384], err[4096];
};

/* Starts a program that lies beside the test; words with single blanks between them. */
struct program program_start(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Waits for its end; fails the test, and ends the program, if that takes over 20 s. */
void program_end(struct program *, struct result *);

/* Starts one of the models on a free port, with these options; returns that. */
int model_start(struct program *, const char *model, const char *options);

/* Ends it with SIGTERM. */
void model_stop(struct program *);

/* The number behind "key": in a JSON text; and below it in an object, if `inner` is not
 * NULL. Fails the test if it is not there; null is -1. */
double json_number(const char *json, const char *key, const char *inner);

#endif
