#include "coro.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

#if defined(__x86_64__) || defined(__aarch64__)
typedef void *context;
void coro_switch(void **save, void *load);
#else
#include <ucontext.h>
typedef ucontext_t context;
#endif

struct co {                     /* lies at the top of its own stack */
    void (*fn)(void *);
    void *arg;
    context own, back;          /* where it stopped; where its resumer did */
    struct co *resumer;         /* who resumed it; later the next spare one */
    char *stack;                /* lowest usable byte */
    size_t size;                /* usable bytes, from there up to the struct */
    bool done;
    void *fake, *back_fake;     /* AddressSanitizer's shadow stacks */
    const void *back_stack;
    size_t back_size;
    unsigned known;             /* to valgrind */
};

static _Thread_local struct co *current;

/* ---- AddressSanitizer must be told that the stack is another ---- */

#ifdef ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define CLEAN(stack, size) __asan_unpoison_memory_region(stack, size)
#define LEAVE(fake, stack, size) __sanitizer_start_switch_fiber(fake, stack, size)
#define ARRIVE(fake, stack, size) __sanitizer_finish_switch_fiber(fake, stack, size)
#else
#define CLEAN(stack, size) ((void)0)
#define LEAVE(fake, stack, size) ((void)0)
#define ARRIVE(fake, stack, size) ((void)0)
#endif

/* ---- and so must valgrind, wherever its header is at hand ---- */

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(from, to) 0
#define VALGRIND_STACK_DEREGISTER(known) ((void)(known))
#endif

/* ---- switching ---- */

static void begin(void)
{
    struct co *co = current;

    ARRIVE(NULL, &co->back_stack, &co->back_size);
    co->fn(co->arg);
    co->done = true;
    co_yield();
}

#if defined(__x86_64__) || defined(__aarch64__)

#define SWITCH(from, to) coro_switch(from, *(to))

/* DOC: coro-prepare. Lays out what the first switch will pop: registers, and begin() to
 * return into. */
static void prepare(struct co *co)
{
    uintptr_t *top = (uintptr_t *)(void *)(co->stack + co->size);

#ifdef __x86_64__
    top[-1] = 0;                /* begin() never returns; a backtrace ends here */
    top[-2] = (uintptr_t)begin;
    for (int i = 3; i <= 8; i++)
        top[-i] = 0;
    co->own = top - 8;
#else
    for (int i = 1; i <= 20; i++)
        top[-i] = 0;
    top[-20 + 11] = (uintptr_t)begin;   /* x30, the link register */
    co->own = top - 20;
#endif
}

#else

#define SWITCH(from, to) swapcontext(from, to)

static void prepare(struct co *co)
{
    getcontext(&co->own);
    co->own.uc_stack.ss_sp = co->stack;
    co->own.uc_stack.ss_size = co->size;
    co->own.uc_link = NULL;
    makecontext(&co->own, begin, 0);
}

#endif

/* ---- stacks ---- */

enum { SPARES = 128 };          /* stacks kept for those who come next */

enum { OTHERS = 1024 };         /* mappings: of libraries, the heap, the spare stacks */

/* vm.max_map_count, proc(5). */
long co_most(void)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    long most;

    if (!file || fscanf(file, "%ld", &most) != 1)
        most = LONG_MAX;
    if (file)
        fclose(file);
    return most < OTHERS ? 0 : (most - OTHERS) / 2;
}

static _Thread_local struct co *spare;
static _Thread_local int spares;

static struct co *new_stack(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = CO_STACK + page;
    size_t own = (sizeof(struct co) + 63) & ~(size_t)63;
    char *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (map == MAP_FAILED)
        return NULL;
    if (mprotect(map, page, PROT_NONE) < 0) {
        munmap(map, size);
        return NULL;
    }
    struct co *co = (struct co *)(void *)(map + size - own);
    co->stack = map + page;
    co->size = CO_STACK - own;
    co->known = VALGRIND_STACK_REGISTER(co->stack, co->stack + co->size);
    return co;
}

static void recycle(struct co *co)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (spares == SPARES) {
        VALGRIND_STACK_DEREGISTER(co->known);
        munmap(co->stack - page, CO_STACK + page);
        return;
    }
    co->resumer = spare;
    spare = co;
    spares++;
}

struct co *co_new(void (*fn)(void *), void *arg)
{
    struct co *co = spare;

    if (co) {
        spare = co->resumer;
        spares--;
        CLEAN(co->stack, co->size);
    } else if (!(co = new_stack())) {
        return NULL;
    }
    co->fn = fn;
    co->arg = arg;
    co->done = false;
    co->resumer = NULL;
    prepare(co);
    return co;
}

/* ---- the public two ---- */

bool co_resume(struct co *co)
{
    co->resumer = current;
    current = co;
    LEAVE(&co->back_fake, co->stack, co->size);
    SWITCH(&co->back, &co->own);
    ARRIVE(co->back_fake, NULL, NULL);
    current = co->resumer;
    if (!co->done)
        return true;
    recycle(co);
    return false;
}

void co_yield(void)
{
    struct co *co = current;

    /* NULL: it will not come back, and its shadow stack can go. */
    LEAVE(co->done ? NULL : &co->fake, co->back_stack, co->back_size);
    SWITCH(&co->own, &co->back);
    ARRIVE(co->fake, &co->back_stack, &co->back_size);
}

struct co *co_self(void) { return current; }
