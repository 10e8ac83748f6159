#include "url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool scheme(const char **text, struct url *url)
{
    static const char *const names[] = {
        [URL_WS] = "ws://", [URL_HTTP] = "http://", [URL_TCP] = "tcp://",
    };

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(*text, names[i], strlen(names[i])) == 0) {
            *text += strlen(names[i]);
            url->scheme = (enum scheme)i;
            return true;
        }
    return false;
}

static bool address(struct url *url, const char *host, int port)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&url->address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&url->address;

    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        url->address_size = sizeof *six;
        return true;
    }
    if (inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
                  &four->sin_addr) != 1)
        return false;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    url->address_size = sizeof *four;
    return true;
}

/* Splits "127.0.0.1:9000" or "[::1]:9000". The port must be said: a toolkit that measures
 * servers on loopback never means port 80. */
static bool host_and_port(struct url *url)
{
    char host[64], port[6], rest;

    if (sscanf(url->authority, "[%63[0-9a-fA-F:.]]:%5[0-9]%c", host, port, &rest) != 2
        && sscanf(url->authority, "%63[^][:]:%5[0-9]%c", host, port, &rest) != 2)
        return false;
    int number = atoi(port);
    return number >= 1 && number <= 65535 && address(url, host, number);
}

static bool path(struct url *url, const char *text)
{
    if (strlen(text) >= sizeof url->path)
        return false;
    for (const char *s = text; *s; s++)
        if (*s <= ' ' || *s > '~' || *s == '#')
            return false;
    if (*text)
        strcpy(url->path, text);
    return true;
}

bool url_parse(const char *text, struct url *url, const char **why)
{
    *url = (struct url){ .path = "/" };
    *why = "a URL begins with ws://, http:// or tcp://";
    if (!scheme(&text, url))
        return false;
    size_t length = strcspn(text, "/");
    *why = "a URL's path is printable ASCII without blanks, 511 characters at most";
    if (!path(url, text + length))
        return false;
    *why = "a URL's host is numeric or localhost, and its port is said: 127.0.0.1:9000";
    if (length >= sizeof url->authority)
        return false;
    memcpy(url->authority, text, length);
    return host_and_port(url);
}
