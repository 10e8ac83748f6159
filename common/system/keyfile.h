/* keyfile.h - the key that tokens are signed with (token.h), out of a file.
 *
 * A command line can be read by all who may call ps(1), so the key is not on it. */
#ifndef KEYFILE_H
#define KEYFILE_H

#include "token.h"

/* Reads it, or ends the program with status 2 and one line that says what to do: the file
 * must be a regular one that nobody but its owner may touch, of TOKEN_KEY to 4096 bytes.
 *
 * The key is these bytes, as they are. One case is different: if all are printable ASCII
 * and the last is a line's end (LF, or CR and LF), this is not part of the key: an editor
 * has put it there, and the program that signs may know nothing of it. Random bytes may
 * end in a line feed by chance, but they are not printable before it. */
struct token_key *keyfile_read(const char *option, const char *path);

#endif
