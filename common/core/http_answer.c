#include "http.h"

#include <http_parser.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *extra_header(const struct request *r, int status)
{
    if (r->challenge)
        return r->challenge;
    switch (status) {
    case 200: return r->private ? "Cache-Control: private\r\n" : "";
    case 405: return r->posts ? "Allow: GET, HEAD, POST\r\n" : "Allow: GET, HEAD\r\n";
    case 426: return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    case 503: return "Retry-After: 1\r\n";
    default:  return "";
    }
}

static const char *connection_header(const struct request *r, int status)
{
    if (status == 426)
        return r->keep_alive ? "Upgrade" : "Upgrade, close";
    return r->keep_alive ? "keep-alive" : "close";
}

static void put_date(char date[40])
{
    time_t now = time(NULL);
    struct tm utc;

    strftime(date, 40, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
}

/* Whether a page may ask at all has been decided (--allow-origin): one that got so far
 * may read the answer, too. */
static const char *page_lines(const struct request *r)
{
    return r->page ? "Access-Control-Allow-Origin: *\r\n"
                     "Access-Control-Expose-Headers: Relay-Cursor\r\n" : "";
}

struct frame *http_write(const struct request *r, int status, const char *type,
                         const char *lines, struct bytes body)
{
    char head[768], date[40], content[160] = "";

    put_date(date);
    if (status != 204)          /* RFC 9110 section 8.6 */
        snprintf(content, sizeof content,
                 "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body.size);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\nDate: %s\r\n%sConnection: %s\r\n%s%s%s\r\n",
                     status, http_status_str((enum http_status)status), date, content,
                     connection_header(r, status), extra_header(r, status),
                     page_lines(r), lines);
    struct frame *f = frame_append(frame_new((size_t)n + body.size), head, (size_t)n);
    return r->head || status == 204 ? f : frame_append(f, body.data, body.size);
}

struct frame *http_answer(const struct request *r, int status, const char *body)
{
    return http_write(r, status, r->route == ROUTE_METRICS
                      ? "text/plain; version=0.0.4" : "text/plain; charset=utf-8", "",
                      (struct bytes){ body, strlen(body) });
}

struct frame *http_stream(const struct request *r)
{
    char head[400], date[40];

    put_date(date);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/event-stream\r\n"
                     "Cache-Control: no-store\r\nConnection: close\r\n%s\r\n"
                     "retry: 1000\n\n", date, page_lines(r));
    return frame_copy(head, (size_t)n);
}

struct frame *http_switch(const struct request *r)
{
    char head[320];
    bool echo = r->subprotocol;
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 101 Switching Protocols\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n", r->accept,
                     echo ? "Sec-WebSocket-Protocol: " : "", echo ? r->subprotocol : "",
                     echo ? "\r\n" : "");

    return frame_copy(head, (size_t)n);
}

struct bytes http_unavailable(void)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 49\r\nConnection: close\r\nRetry-After: 1\r\n\r\n"
        "503 this server has all the clients it can serve\n";

    return (struct bytes){ answer, sizeof answer - 1 };
}
