/* Tokens that a user hands over: what is taken can stand in a header and in config.toml. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_secret_release) char *token = NULL;
	struct rc_error err = { 0 };

	if (rc_token_clean(&token, (const char *)data, size, "the fuzzer", &err) < 0)
		return 0;
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || *c == '$')
			abort();
	if (!*token || strlen(token) > size)
		abort();
	rc_token_kind(token);
	rc_token_objection(token);
	return 0;
}
