#include "driver.h"
#include "die.h"
#include "settings.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct driver *database;

static const struct kind {
    const char *prefix, *module, *package, *headers;
} kinds[] = {
    { "postgres://", "postgres.so", "libpq5", "libpq-dev" },
    { "postgresql://", "postgres.so", "libpq5", "libpq-dev" },
    { "", "sqlite.so", "libsqlite3-0", "libsqlite3-dev" },
};

static const struct kind *kind_of(const char *where)
{
    const struct kind *k = kinds;

    while (strncmp(where, k->prefix, strlen(k->prefix)) != 0)
        k++;
    if (!*k->prefix && strstr(where, "://"))
        die("--db '%s': it takes a file of SQLite's, or postgres://...", where);
    return k;
}

/* Beside the program, as make builds it; or, where it is installed as bin/NAME, in
 * lib/relayrace/. */
static void find_module(const char *module, char *path, size_t size)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

    own[n > 0 ? n : 0] = '\0';
    char *name = strrchr(own, '/');
    int length = name ? (int)(name - own) : 0;
    snprintf(path, size, "%.*s/../lib/relayrace/%s", length, own, module);
    if (access(path, F_OK) != 0)
        snprintf(path, size, "%.*s/%s", length, own, module);
}

static const struct driver *load(const struct kind *k, const char *where)
{
    char path[PATH_MAX + 64];

    find_module(k->module, path, sizeof path);
    if (access(path, F_OK) != 0)
        die("--db '%s': there is no %s, which is built where %s is installed: apt-get "
            "install %s, then make", where, path, k->headers, k->headers);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        die("--db '%s': %s: apt-get install %s", where, dlerror(), k->package);
    const struct driver *driver = dlsym(module, "driver");
    if (!driver)
        die("--db '%s': %s: build it again: make clean all", where, dlerror());
    return driver;
}

void driver_load(const struct options *o)
{
    char why[400];

    if (!o->db)
        return;
    database = load(kind_of(o->db), o->db);
    if (!database->check(o->db, o->queries, why, sizeof why))
        die("--db '%s': %s", o->db, why);
}
