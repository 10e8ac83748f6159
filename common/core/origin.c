#include "origin.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is(const char *text, const char *word) { return strcasecmp(text, word) == 0; }

/* A host whose last part is a number is an IPv4 address: 127.1 becomes 127.0.0.1. */
static bool ends_in_number(const char *host)
{
    size_t n = strlen(host), at;

    n -= n > 0 && host[n - 1] == '.';
    at = n;
    while (at > 0 && host[at - 1] != '.')
        at--;
    if (strncasecmp(host + at, "0x", 2) == 0)
        return at + 2 + strspn(host + at + 2, DIGITS "abcdefABCDEF") >= n;
    return n > at && at + strspn(host + at, DIGITS) >= n;
}

/* Browsers write it shortened, and all in hexadecimal; glibc ends some as IPv4. */
static bool is_v6(const char *text)
{
    struct in6_addr a;
    char own[INET6_ADDRSTRLEN + 8];

    if (inet_pton(AF_INET6, text, &a) != 1)
        return false;
    inet_ntop(AF_INET6, &a, own, INET6_ADDRSTRLEN);
    if (strchr(own, '.'))
        sprintf(strrchr(own, ':') + 1, "%x:%x", a.s6_addr[12] << 8 | a.s6_addr[13],
                a.s6_addr[14] << 8 | a.s6_addr[15]);
    return is(own, text);
}

/* Only the web's own schemes know numbers for addresses. */
static const char *host_wrong(const char *scheme, const char *host)
{
    struct in_addr v4;

    if (!*host)
        return "it names no host";
    for (const char *p = host; *p; p++)
        if (*p & 0x80)
            return "browsers write that host in ASCII: xn--...";
    if (strchr(host, '*'))
        return "each host is named, without a *";
    if (host[strspn(host, LETTERS DIGITS "-._~!$&'()+;=")])
        return "that is no host";
    return (is(scheme, "http") || is(scheme, "https"))
           && ends_in_number(host) && inet_pton(AF_INET, host, &v4) != 1
         ? "browsers write an IPv4 address as four numbers: 127.0.0.1" : NULL;
}

static const char *port_wrong(const char *scheme, const char *port)
{
    size_t digits = strspn(port, DIGITS);

    if (port[digits] || digits < 1 || digits > 5 || *port == '0' || atoi(port) > 65535)
        return "a port is a number from 1 to 65535";
    return (is(scheme, "http") && atoi(port) == 80)
           || (is(scheme, "https") && atoi(port) == 443)
         ? "browsers leave out the port that is the scheme's own" : NULL;
}

/* Cuts it up. What stands behind the scheme is host or [address], and maybe a port. */
static const char *authority_wrong(const char *scheme, char *host)
{
    bool v6 = *host == '[';
    char *end = v6 ? strchr(host, ']') : host + strcspn(host, ":");
    const char *why, *port = end && end[v6] == ':' ? end + v6 + 1 : NULL;

    if (v6 && end && (port || !end[1])) {
        *end = '\0';
        v6 = is_v6(host + 1);
        why = v6 ? NULL : "browsers write an IPv6 address as short as it gets: [::1]";
        return why || !port ? why : port_wrong(scheme, port);
    }
    if (v6)
        return "an IPv6 address stands in brackets: [::1]";
    *end = '\0';
    why = host_wrong(scheme, host);
    return why || !port ? why : port_wrong(scheme, port);
}

static const char *wrong(char *one)
{
    size_t n = strspn(one, LETTERS DIGITS "+-.");
    bool colon = one[n] == ':';
    char *host = one + n + 3;

    if (!*one)
        return "an Origin is missing there";
    if (is(one, "*"))
        return "leave the option out to let every page in";
    if (is(one, "null"))
        return NULL;            /* of a page from a file, or in a sandbox */
    if (n == 0 || !strchr(LETTERS, *one) || (!colon && !strstr(one, "://")))
        return "it begins with http:// or https://";
    bool slashes = strncmp(one + n, "://", 3) == 0;
    one[n] = '\0';
    if (colon && (is(one, "file") || is(one, "data") || is(one, "blob")
                  || is(one, "about")))
        return "such a page's Origin is null";
    if (!slashes || is(one, "ws") || is(one, "wss"))
        return "it begins as the page's address does: http:// or https://";
    if (strpbrk(host, "/?#\\"))
        return "it ends with the host or the port, without even a /";
    if (strchr(host, '@'))
        return "it names no user";
    return authority_wrong(one, host);
}

const char *origin_wrong(const char *list, struct bytes *item)
{
    for (;;) {
        char one[300];
        const char *begin = list + strspn(list, " \t"), *why;
        size_t n = strcspn(list = begin, ",");

        list += n;
        while (n > 0 && strchr(" \t", begin[n - 1]))
            n--;
        *item = (struct bytes){ begin, n };
        if (n >= sizeof one)
            return "hosts are not that long";
        snprintf(one, sizeof one, "%.*s", (int)n, begin);
        if ((why = wrong(one)))
            return why;
        if (!*list++)
            return NULL;
    }
}
