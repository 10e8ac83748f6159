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
    case 405: return "Allow: GET, HEAD\r\n";
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

struct frame *http_answer(const struct request *r, int status, const char *body)
{
    char head[512], date[40];
    time_t now = time(NULL);
    struct tm utc;

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: text/plain%s\r\n"
                     "Content-Length: %zu\r\nConnection: %s\r\n%s\r\n",
                     status, http_status_str((enum http_status)status), date,
                     r->route == ROUTE_METRICS ? "; version=0.0.4" : "; charset=utf-8",
                     strlen(body), connection_header(r, status), extra_header(r, status));
    struct frame *f = frame_copy(head, (size_t)n);
    return r->head ? f : frame_append(f, body, strlen(body));
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
