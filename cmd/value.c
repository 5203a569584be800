/* The values of options.  The whole text counts or none of it: "4x" is not 4. */
#include "cmd/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/size.h"
#include "core/limits.h"

#define COUNT_MAX 9999

static int
set_count(unsigned *field, const char *text, struct rc_error *err)
{
	int64_t number = 0;

	if (rc_number_parse(&number, text, COUNT_MAX, err) < 0)
		return -1;
	*field = (unsigned)number;
	return 0;
}

static int
set_choice(char **field, const char *words, const char *text, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv choices = { 0 };

	rc_strv_split(&choices, words, '|');
	for (size_t i = 0; i < choices.count; i++)
		if (strcmp(choices.items[i], text) == 0) {
			rc_str_set(field, text);
			return 0;
		}
	return rc_fail(err, RC_USAGE, "'%s' is not one of %s", text, words);
}

/* The copy comes first: whatever is wrong then, the argument is wiped. */
static int
set_secret(char **field, char *text, struct rc_error *err)
{
	scoped(rc_secret_release) char *copy = rc_strdup(text);

	rc_wipe(text, strlen(text));
	if (!*copy)
		return rc_fail(err, RC_USAGE, "the value is empty");
	if (*field)
		return rc_fail(err, RC_USAGE, "given twice");
	*field = copy;
	copy = NULL;
	return 0;
}

static int
set_limit(struct rc_limits *field, const char *name, const char *text, struct rc_error *err)
{
	const struct rc_limit *limit = rc_limit_find(name);
	uint64_t value = 0;

	if (rc_limit_parse(&value, limit, text, err) < 0)
		return -1;
	rc_limit_put(field, limit, value);
	return 0;
}

int
rc_value_set(const struct rc_option *option, void *field, char *text, struct rc_error *err)
{
	if (option->type == RC_OPT_SECRET)
		return set_secret(field, text, err);
	if (!*text)
		return rc_fail(err, RC_USAGE, "the value is empty");
	switch (option->type) {
	case RC_OPT_TEXT:
		rc_str_set(field, text);
		return 0;
	case RC_OPT_CHOICE:
		return set_choice(field, option->value, text, err);
	case RC_OPT_COUNT:
		return set_count(field, text, err);
	case RC_OPT_ID:
		return rc_number_parse(field, text, INT64_MAX, err);
	case RC_OPT_SIZE:
		return rc_size_parse(field, text, err);
	case RC_OPT_LIMIT:
		return set_limit(field, option->name, text, err);
	case RC_OPT_DURATION:
	case RC_OPT_WAIT:
		return rc_duration_parse(field, text, err);
	case RC_OPT_LIST:
		rc_strv_add(field, text);
		return 0;
	case RC_OPT_FLAG:
	case RC_OPT_SECRET:
		break;
	}
	return rc_fail(err, RC_USAGE, "takes no value");
}

void
rc_value_release(const struct rc_option *option, void *field)
{
	if (option->type == RC_OPT_SECRET)
		rc_secret_release(field);
	else if (option->type == RC_OPT_TEXT || option->type == RC_OPT_CHOICE)
		rc_str_release(field);
	else if (option->type == RC_OPT_LIST)
		rc_strv_release(field);
}

size_t
rc_value_size(enum rc_option_type type)
{
	static const size_t sizes[] = {
		[RC_OPT_FLAG] = sizeof(bool),
		[RC_OPT_TEXT] = sizeof(char *),
		[RC_OPT_CHOICE] = sizeof(char *),
		[RC_OPT_COUNT] = sizeof(unsigned),
		[RC_OPT_ID] = sizeof(int64_t),
		[RC_OPT_SIZE] = sizeof(uint64_t),
		[RC_OPT_LIMIT] = sizeof(struct rc_limits),
		[RC_OPT_DURATION] = sizeof(int64_t),
		[RC_OPT_WAIT] = sizeof(int64_t),
		[RC_OPT_LIST] = sizeof(struct rc_strv),
		[RC_OPT_SECRET] = sizeof(char *),
	};

	return sizes[type];
}
