/* origin.h - where a browser's page comes from, as the browser writes it: RFC 6454
 * section 6.2, and the URL Standard, which says how hosts and ports are spelled. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "frame.h"

/* Of Origins with commas between them, the first that no page can have: *item is that
 * one, and the answer says why, in a few words. NULL: each can be met. Capitals are let
 * pass: where Origins are compared, case does not count. */
const char *origin_wrong(const char *list, struct bytes *item);

#endif
