#include "work.h"

/* Compilers know how to merge such calls, each in its own way, and cpu:N would mean
 * another amount of work in every build. Here every call is made. */
__attribute__((noinline)) int64_t job_fib(int64_t n)
{
    __asm__ volatile ("");
    return n < 2 ? n : job_fib(n - 1) + job_fib(n - 2);
}
