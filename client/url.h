/* url.h - where to connect to, and what to ask for there. */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <sys/socket.h>

enum scheme { URL_WS, URL_HTTP, URL_TCP };

enum { URL_PATH = 512 };

struct url {
    enum scheme scheme;
    char authority[80];         /* "127.0.0.1:9000", "[::1]:9000"; for Host */
    char path[URL_PATH];        /* "/relay/a?job=cpu:20", "/" if there is none */
    struct sockaddr_storage address;
    socklen_t address_size;
};

/* Takes ws://, http:// or tcp://, then a numeric address or localhost, a port and a path;
 * names are not looked up. On failure false, and *why is one line for the user. */
bool url_parse(const char *text, struct url *, const char **why);

#endif
