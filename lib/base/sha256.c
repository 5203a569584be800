/* SHA-256 by libcrypto, which libcurl brings into the process anyway. */
#include "base/sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

struct rc_sha256 {
	EVP_MD_CTX *context;
};

/* libcrypto fails here only for want of memory or of its own algorithms. */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

struct rc_sha256 *
rc_sha256_new(void)
{
	struct rc_sha256 *sum = rc_alloc(1, sizeof(*sum));

	sum->context = EVP_MD_CTX_new();
	must(sum->context != NULL);
	must(EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL));
	return sum;
}

void
rc_sha256_add(struct rc_sha256 *sum, const void *data, size_t size)
{
	must(EVP_DigestUpdate(sum->context, data, size));
}

void
rc_sha256_free(struct rc_sha256 *sum)
{
	if (sum)
		EVP_MD_CTX_free(sum->context);
	free(sum);
}

void
rc_sha256_finish(struct rc_sha256 *sum, char hex[RC_SHA256_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	scoped(rc_str_release) char *text = NULL;

	must(EVP_DigestFinal_ex(sum->context, digest, NULL));
	rc_sha256_free(sum);
	text = rc_hex(digest, RC_SHA256_SIZE);
	memcpy(hex, text, RC_SHA256_HEX);
}

void
rc_sha256_of(char hex[RC_SHA256_HEX], const void *data, size_t size)
{
	struct rc_sha256 *sum = rc_sha256_new();

	rc_sha256_add(sum, data, size);
	rc_sha256_finish(sum, hex);
}
