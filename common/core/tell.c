#include "tell.h"

static void no_event(int connection, const char *event)
{
    (void)connection;
    (void)event;
}

static void no_remark(const char *line) { (void)line; }

void (*tell_event)(int connection, const char *event) = no_event;
void (*tell_remark)(const char *line) = no_remark;
