/* forbid.c - runs a command on a machine that forbids io_uring: forbid COMMAND... */
#include "forbidden.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "forbid: which command? forbid COMMAND...\n");
        return 2;
    }
    forbid_uring(EPERM);
    execvp(argv[1], argv + 1);
    fprintf(stderr, "forbid: %s: %s\n", argv[1], strerror(errno));
    return 127;
}
