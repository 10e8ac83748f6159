/* unit.h - what several unit tests need beside cmocka. */
#ifndef UNIT_H
#define UNIT_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "frame.h"
#include <stdbool.h>
#include <stdio.h>
#include <utstring.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* A literal with its size, NUL bytes and all. */
#define RAW(literal) { (literal), sizeof (literal) - 1 }

/* Ends the test with a message, unless ok. */
#define check(ok, ...) do { if (!(ok)) fail_msg(__VA_ARGS__); } while (0)

/* Pseudo-random, from 0 to below - 1, and the same in every run. */
unsigned dice(unsigned below);

/* What became of a function that ran in a child process. */
struct outcome {
    int status, signal;         /* its exit status, or what killed it; else 0 */
    char out[8192], err[4096];  /* what it printed */
};

/* A child that returns from fn has exit status 0. */
struct outcome in_child(void (*fn)(void *), void *arg);

/* Appends a WebSocket frame, encoded the naive way: first byte as given, mask of four
 * bytes or NULL, the shortest length. */
void put_frame(UT_string *, int first, const void *, size_t, const char *mask);

bool same_bytes(const UT_string *, const void *, size_t);

/* What a file holds from its beginning, as a text; it is closed. */
void slurp(FILE *, char *text, size_t size);

void pause_for(int64_t ns);

#endif
