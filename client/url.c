#include "url.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Letters of either case are the same in a scheme, and in a host (section 6.2.2.1). */
static bool scheme(const char **text, struct url *url, const char **why)
{
    static const struct { const char *name; enum scheme scheme; bool secret; } known[] = {
        { "ws://", URL_WS, false }, { "http://", URL_HTTP, false },
        { "tcp://", URL_TCP, false }, { "wss://", URL_WS, true },
        { "https://", URL_HTTP, true },
    };

    *why = "a URL begins with ws://, http:// or tcp://";
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (strncasecmp(*text, known[i].name, strlen(known[i].name)) == 0) {
            *text += strlen(known[i].name);
            url->scheme = known[i].scheme;
            *why = "TLS is not spoken here: use ws:// or http://, on the port behind the "
                   "proxy that does";
            return !known[i].secret;
        }
    return false;
}

/* ---- addresses ---- */

static bool add_place(struct url *url, const void *address, socklen_t size)
{
    struct place *p = &url->places[url->place_count];

    if (url->place_count == PLACES || size > sizeof p->address)
        return false;
    memcpy(&p->address, address, size);
    p->size = size;
    url->place_count++;
    return true;
}

static bool add_four(struct url *url, const char *host)
{
    struct sockaddr_in four = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)url->port) };

    return inet_pton(AF_INET, host, &four.sin_addr) == 1
        && add_place(url, &four, sizeof four);
}

static bool add_six(struct url *url, const char *host)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons((uint16_t)url->port) };

    return inet_pton(AF_INET6, host, &six.sin6_addr) == 1
        && add_place(url, &six, sizeof six);
}

static bool is_localhost(const char *host)
{
    size_t size = strlen(host), name = strlen("localhost");

    size -= size && host[size - 1] == '.';
    return size >= name && strncasecmp(host + size - name, "localhost", name) == 0
        && (size == name || host[size - name - 1] == '.');
}

static bool look_up(struct url *url, const char *host, const char **why)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV }, *found = NULL;
    static char line[160];
    char port[8];

    snprintf(port, sizeof port, "%d", url->port);
    int error = getaddrinfo(host, port, &hints, &found);
    for (struct addrinfo *a = found; a && error == 0; a = a->ai_next)
        add_place(url, a->ai_addr, a->ai_addrlen);
    if (found)
        freeaddrinfo(found);
    snprintf(line, sizeof line, "its host cannot be looked up: %s", gai_strerror(error));
    *why = line;
    return url->place_count > 0;
}

/* ---- the parts, from left to right ---- */

/* Digits, or nothing: the scheme's own port. */
static bool port(struct url *url, const char *digits, const char **why)
{
    size_t size = strlen(digits);
    long n = size && size < 10 ? strtol(digits, NULL, 10) : size ? 0 : 80;

    *why = "a URL's port is a number from 1 to 65535";
    if (strspn(digits, "0123456789") != size || n < 1 || n > 65535)
        return false;
    *why = "tcp:// has no port of its own: say it, as in tcp://127.0.0.1:9000";
    url->port = (int)n;
    return size || url->scheme != URL_TCP;
}

/* "127.0.0.1:9000", "localhost", "[::1]:9000": the authority without its user. */
static bool host(struct url *url, const char **why)
{
    char name[URL_HOST], *end, *colon;
    bool bracketed = url->authority[0] == '[';

    strcpy(name, url->authority + bracketed);
    *why = "an IPv6 address in a URL stands in brackets, as in ws://[::1]:9000";
    end = bracketed ? strchr(name, ']') : name + strcspn(name, ":");
    if (!end || (bracketed && end[1] && end[1] != ':')
        || (!bracketed && *end && strchr(end + 1, ':')))
        return false;
    colon = end + bracketed;
    if (!port(url, *colon ? colon + 1 : "", why))
        return false;
    if (*colon && !colon[1])    /* the colon of no port is not for Host */
        *strrchr(url->authority, ':') = '\0';
    *end = '\0';
    *why = "what stands in brackets in a URL is an IPv6 address, as [::1]";
    if (bracketed)
        return add_six(url, name);
    *why = "a URL names a host, as in ws://127.0.0.1:9000/";
    if (!*name)
        return false;
    if (is_localhost(name))
        return add_four(url, "127.0.0.1") && add_six(url, "::1");
    return add_four(url, name) || look_up(url, name, why);
}

static bool authority(struct url *url, const char *text, size_t size, const char **why)
{
    *why = "a URL with a user or a password in it is not for this client: leave out what "
           "comes before the @";
    if (memchr(text, '@', size))
        return false;
    *why = "a URL's host has 255 characters at most";
    if (size >= sizeof url->authority)
        return false;
    memcpy(url->authority, text, size);
    url->authority[size] = '\0';
    return host(url, why);
}

/* Percent-encoded or not is the user's business; a request can only not hold blanks and
 * what is no ASCII. A fragment is for who reads the page, and is not sent. */
static bool path(struct url *url, const char *text, const char **why)
{
    size_t size = strcspn(text, "#"), slash = *text != '/';

    *why = "a URL of a WebSocket has no fragment (RFC 6455, section 3): %23 is a # that "
           "belongs to the path";
    if (text[size] == '#' && url->scheme == URL_WS)
        return false;
    *why = "a URL's path has 8190 characters at most";
    if (size + slash >= sizeof url->path)
        return false;
    *why = "a URL's path is printable ASCII without blanks: write them %20, and so on";
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    sprintf(url->path, "%s%.*s", slash ? "/" : "", (int)size, text);
    return true;
}

bool url_parse(const char *text, struct url *url, const char **why)
{
    *url = (struct url){ .place_count = 0 };
    if (!scheme(&text, url, why))
        return false;
    size_t size = strcspn(text, "/?#");
    return path(url, text + size, why) && authority(url, text, size, why);
}

/* ---- and what to do with one ---- */

const char *place_name(const struct place *p, char name[PLACE_NAME])
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)&p->address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&p->address;
    bool is_six = p->address.ss_family == AF_INET6;
    char host[INET6_ADDRSTRLEN] = "?";

    inet_ntop(p->address.ss_family,
              is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr,
              host, sizeof host);
    snprintf(name, PLACE_NAME, is_six ? "[%s]:%d" : "%s:%d", host,
             ntohs(is_six ? six->sin6_port : four->sin_port));
    return name;
}

int url_connect(const struct url *url)
{
    int fd = -1;

    for (const struct place *p = url->places; p < url->places + url->place_count; p++) {
        if (fd >= 0)
            close(fd);
        fd = socket(p->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&p->address, p->size) == 0)
            return fd;
    }
    return fd;
}
