#include "local.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

struct sockaddr_in local_address(int n, int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + n) };
}

/* Another program may still ask for it by its number: SO_REUSEADDR in socket(7). */
int local_bound(int *port)
{
    struct sockaddr_in own = local_address(1, 0);
    socklen_t size = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *port = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&own, size) != 0
        || getsockname(fd, (struct sockaddr *)&own, &size) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(own.sin_port);
    return fd;
}

int local_connected(int port)
{
    struct sockaddr_in there = local_address(1, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&there, sizeof there) == 0)
        return fd;
    close(fd);
    return -1;
}
