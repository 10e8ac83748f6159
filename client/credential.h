/* credential.h - a token out of a file, as it goes with every request: RFC 6750. */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

/* "Authorization: Bearer TOKEN\r\n". Blanks and line ends behind the token are left out.
 * If the file cannot be read, or has something else in it, the program ends with one line
 * that names the option. The caller frees it. */
char *credential_read(const char *option, const char *path);

#endif
