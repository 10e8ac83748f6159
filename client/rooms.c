#include "rooms.h"

#include <stdio.h>
#include <string.h>

bool path_of(const struct flags *f, int room, char path[URL_PATH])
{
    const char *whole = f->room_path ? f->room_path : f->url.path;
    const char *place = f->room_path ? strstr(whole, "{}") : NULL;
    bool ours = strncmp(whole, "/relay/", 7) == 0 && !f->room_path;
    int head = (int)strcspn(whole, "?"), n;

    if (place)
        n = snprintf(path, URL_PATH, "%.*s%d%s", (int)(place - whole), whole, room,
                     place + 2);
    else if (f->numbered && ours)
        n = snprintf(path, URL_PATH, "%.*s-%d%s", head, whole, room, whole + head);
    else
        n = snprintf(path, URL_PATH, "%s", whole);
    return n < URL_PATH;
}
