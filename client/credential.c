#include "credential.h"
#include "die.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 8192 };           /* few servers read longer heads */

/* What a token is made of (section 2.1): nothing that would end the header. */
static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-._~+/=";

char *credential_read(const char *option, const char *path)
{
    static char text[MOST + 1];
    char *header;
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, MOST + 1, f) : 0;

    if (!f || ferror(f))
        die("%s: cannot read %s: %s", option, path, strerror(errno));
    fclose(f);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    if (n > MOST)
        die("%s: %s has more than %d bytes, that is no token", option, path, MOST);
    text[n] = '\0';
    if (n == 0 || strspn(text, characters) != n)
        die("%s: %s holds no token: letters, digits and -._~+/= in one line", option,
            path);
    if (asprintf(&header, "Authorization: Bearer %s\r\n", text) < 0)
        die("out of memory for a token");
    return header;
}
