/* url.h - where to connect to, and what to ask for there: RFC 3986. */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <sys/socket.h>

enum scheme { URL_WS, URL_HTTP, URL_TCP };

enum { URL_PATH = 8192, URL_HOST = 256, PLACES = 8 };

struct place {                  /* where a server may listen */
    struct sockaddr_storage address;
    socklen_t size;
};

struct url {
    enum scheme scheme;
    char authority[URL_HOST];   /* "127.0.0.1:9000", "[::1]", as it was typed; for Host */
    char path[URL_PATH];        /* "/relay/a?job=cpu:20", "/" if there is none */
    int port;
    struct place places[PLACES];/* a name may have several: try them in this order */
    int place_count;            /* at least one */
};

/* Takes ws://, http:// or tcp://, then an address or a name, a port (80 without, but not
 * for tcp://), a path and a query, which stay as they are. A name is looked up, but for
 * localhost: that is 127.0.0.1 and then ::1, whatever /etc/hosts says (RFC 6761). On
 * failure false, and *why is one line for the user, which the next call may overwrite. */
bool url_parse(const char *text, struct url *, const char **why);

/* "127.0.0.1:9000", "[::1]:9000". */
enum { PLACE_NAME = 64 };
const char *place_name(const struct place *, char name[PLACE_NAME]);

/* A blocking socket that is connected to the first of the places where somebody listens;
 * or -1 and errno. */
int url_connect(const struct url *);

#endif
