/*
 * What the tests of documents share: files read whole, golden files
 * (RC_REGENERATE=1 writes them anew), and libvirt's own schemas.  All of it
 * fails the test by itself.
 */
#ifndef RC_TESTS_GOLDEN_H
#define RC_TESTS_GOLDEN_H

#include <stddef.h>

#define GOLDEN(name) RC_TESTS "/golden/" name
#define TEMPLATE(name) RC_TESTS "/../templates/" name

/* The caller frees. */
char *file_text(const char *path);
void check_golden(const char *text, const char *path);
/* Does libvirt's schema (domain, network, nwfilter, storagepool) accept the file? */
void check_schema(const char *path, const char *schema);
/* text with the first `from` replaced; the caller frees. */
char *replaced(const char *text, const char *from, const char *to);
/* A corpus has no file that its table does not name. */
void check_files(const char *directory, size_t expected);

#endif
