/* trace.h - what happened when: one CSV row an event, for the charts.
 *
 *   ns,pid,connection,event
 *   81734012345,4711,53422,start
 *
 * ns is CLOCK_MONOTONIC, connection the client's port. Rows are appended whole
 * (O_APPEND, one write(2)), so threads and processes may share the file. Where there is
 * no room for a row the trace ends for all of them, and a word on stderr tells. */
#ifndef TRACE_H
#define TRACE_H

/* open     a connection was accepted
 * request  a request or message has arrived whole
 * start    its job begins
 * done     its job is finished
 * close    the connection is over */

/* Creates the file, or dies: an existing one is not touched, a link not followed. From
 * here on the core's events (tell.h) are rows of it. */
void trace_open(const char *file);

/* Writes a row, if there is a trace at all. */
void trace(int connection, const char *event);

#endif
