/*
 * The only parser.  Names are exact: a prefix that works today is ambiguous
 * after the next release.  An empty value is a mistake: it is an unset variable
 * in somebody's script.  No message repeats what may be a token.
 */
#include "cmd/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/suggest.h"
#include "cmd/text.h"
#include "cmd/value.h"
#include "core/token.h"

struct parser {
	struct rc_parsed *to;
	char **next; /* the argument that is looked at */
	bool options_ended;
	const char *waited; /* the option just before, if its value is optional and was left out */
};

/* An option as it was found in the tables. */
struct found {
	const struct rc_option *option;
	void *field;
	char spelled[40];
};

/* The i-th table that applies here: the verb's own ones, then the global one, then NULL. */
static const struct rc_option *
table_at(struct rc_parsed *parsed, size_t i, char **ret_base)
{
	const struct rc_command *command = parsed->command;
	size_t own = 0;

	while (command && command->groups[own].options)
		own++;
	if (i < own) {
		*ret_base = (char *)parsed->args + command->groups[i].at;
		return command->groups[i].options;
	}
	*ret_base = (char *)&parsed->globals;
	return i == own ? rc_global_options : NULL;
}

/* By name, or by letter if name is NULL. */
static bool
find(struct found *ret, struct rc_parsed *parsed, const char *name, size_t length, char letter)
{
	const struct rc_option *option;
	char *base;

	for (size_t i = 0; (option = table_at(parsed, i, &base)); i++) {
		for (; option->name; option++) {
			if (name ? strlen(option->name) != length ||
				       memcmp(option->name, name, length) != 0
				 : option->letter != letter)
				continue;
			ret->option = option;
			ret->field = base + option->field;
			if (name)
				snprintf(ret->spelled, sizeof(ret->spelled), "--%s", option->name);
			else
				snprintf(ret->spelled, sizeof(ret->spelled), "-%c", letter);
			return true;
		}
	}
	return false;
}

static int
unknown_option(struct rc_parsed *parsed, const char *option, size_t length, struct rc_error *err)
{
	if (parsed->command)
		return rc_fail(err, RC_USAGE, "%s has no option '%.*s'", parsed->command->name,
		    (int)length, option);
	rc_fail(err, RC_USAGE, "there is no global option '%.*s'", (int)length, option);
	return rc_hint(
	    err, "the options of a verb stand after it: runnerctl VERB %.*s", (int)length, option);
}

static int
unknown_name(struct rc_parsed *parsed, const char *name, size_t length, struct rc_error *err)
{
	struct rc_suggestion near = { .word = name, .length = length };
	const struct rc_option *option;
	char *base;

	for (size_t i = 0; (option = table_at(parsed, i, &base)); i++)
		for (; option->name; option++)
			if (option->help)
				rc_suggestion_try(&near, option->name);
	unknown_option(parsed, name - 2, length + 2, err);
	return near.best ? rc_hint(err, "did you mean '--%s'?", near.best) : -1;
}

static int
unknown_letter(struct rc_parsed *parsed, const char *letter, struct rc_error *err)
{
	char spelled[8] = "-";
	size_t size = rc_text_fit(letter, 1);

	memcpy(spelled + 1, letter, size < sizeof(spelled) - 2 ? size : sizeof(spelled) - 2);
	return unknown_option(parsed, spelled, strlen(spelled), err);
}

/* The value of an option that must have one: attached, or the next argument; NULL with an error. */
static char *
find_value(struct parser *p, const struct found *found, char *attached, struct rc_error *err)
{
	char *value = attached ? attached : p->next[1];

	if (!value) {
		rc_fail(err, RC_USAGE, "%s needs a value: %s %s", found->spelled, found->spelled,
		    found->option->value);
		return NULL;
	}
	if (attached)
		return value;
	p->next++;
	if (value[0] != '-' || !value[1])
		return value;
	rc_fail(err, RC_USAGE, "%s needs a value, but an option follows", found->spelled);
	rc_hint(err, "write --%s=%s if the value begins with '-'", found->option->name,
	    found->option->value);
	return NULL;
}

/* attached is NULL if nothing was written together with the option. */
static int
take_option(struct parser *p, const struct found *found, char *attached, struct rc_error *err)
{
	char *value;

	if (found->option->type == RC_OPT_FLAG) {
		if (attached)
			return rc_fail(err, RC_USAGE, "%s takes no value", found->spelled);
		*(bool *)found->field = true;
		return 0;
	}
	if (found->option->type == RC_OPT_WAIT && !attached) {
		*(int64_t *)found->field = RC_WAIT_DEFAULT;
		p->waited = found->option->name;
		return 0;
	}
	value = find_value(p, found, attached, err);
	if (!value)
		return -1;
	if (rc_value_set(found->option, found->field, value, err) < 0)
		return rc_within(err, "%s", found->spelled);
	return 0;
}

static int
take_name(struct parser *p, char *argument, struct rc_error *err)
{
	char *name = argument + 2, *end = strchrnul(name, '=');
	struct found found;

	if (!find(&found, p->to, name, (size_t)(end - name), 0))
		return unknown_name(p->to, name, (size_t)(end - name), err);
	return take_option(p, &found, *end ? end + 1 : NULL, err);
}

/* -x, -xVALUE, -x VALUE, and flags in one bundle: -nqx VALUE. */
static int
take_letters(struct parser *p, char *argument, struct rc_error *err)
{
	for (char *letter = argument + 1; *letter; letter++) {
		struct found found;

		if (!find(&found, p->to, NULL, 0, *letter))
			return unknown_letter(p->to, letter, err);
		if (found.option->type != RC_OPT_FLAG)
			return take_option(p, &found, letter[1] ? letter + 1 : NULL, err);
		*(bool *)found.field = true;
	}
	return 0;
}

bool
rc_command_family(const char *word)
{
	for (size_t i = 0; rc_commands[i]; i++)
		if (rc_str_starts(rc_commands[i]->name, word) &&
		    rc_commands[i]->name[strlen(word)] == ' ')
			return true;
	return false;
}

const struct rc_command *
rc_command_find(const char *name, struct rc_error *err)
{
	struct rc_suggestion near = { .word = name, .length = strlen(name) };
	const char *meant = NULL;

	for (size_t i = 0; rc_commands[i]; i++) {
		const struct rc_command *command = rc_commands[i];
		scoped(rc_strv_release) struct rc_strv also = { 0 };

		if (strcmp(command->name, name) == 0)
			return command;
		rc_suggestion_try(&near, command->name);
		rc_strv_split(&also, command->also, ' ');
		for (size_t j = 0; j < also.count; j++)
			if (strcmp(also.items[j], name) == 0)
				meant = command->name;
	}
	if (rc_token_kind(name) != RC_TOKEN_REGISTRATION)
		rc_fail(err, RC_USAGE, "a token stands where a verb should");
	else
		rc_fail(err, RC_USAGE, "there is no verb '%s'", name);
	if (meant || near.best)
		rc_hint(err, "did you mean '%s'?", meant ? meant : near.best);
	return NULL;
}

static int
take_verb(struct parser *p, const char *word, struct rc_error *err)
{
	struct rc_parsed *to = p->to;
	scoped(rc_str_release) char *name =
	    to->family ? rc_format("%s %s", to->family, word) : rc_strdup(word);

	if (!to->family && rc_command_family(word)) {
		to->family = rc_strdup(word);
		return 0;
	}
	to->command = rc_command_find(name, err);
	if (!to->command)
		return -1;
	rc_str_release(&to->family);
	to->args = rc_alloc(1, to->command->args_size);
	if (to->command->defaults)
		memcpy(to->args, to->command->defaults, to->command->args_size);
	return 0;
}

static int
take_word(struct parser *p, const char *word, struct rc_error *err)
{
	int64_t seconds;

	if (!p->to->command)
		return take_verb(p, word, err);
	if (p->waited && rc_duration_parse(&seconds, word, err) == 0) {
		rc_fail(err, RC_USAGE, "'%s' stands where a name should", word);
		return rc_hint(err, "write --%s=%s", p->waited, word);
	}
	rc_strv_add(&p->to->names, word);
	return 0;
}

static int
take_argument(struct parser *p, struct rc_error *err)
{
	char *argument = *p->next;

	if (p->options_ended || argument[0] != '-' || !argument[1]) {
		int result = take_word(p, argument, err);

		p->waited = NULL;
		return result;
	}
	p->waited = NULL;
	if (argument[1] != '-')
		return take_letters(p, argument, err);
	if (argument[2])
		return take_name(p, argument, err);
	p->options_ended = true;
	return 0;
}

static int
check_names(const struct rc_command *command, size_t count, struct rc_error *err)
{
	if (count < command->names_min)
		rc_fail(err, RC_USAGE, "%s needs a NAME", command->name);
	else if (count > command->names_max && command->names_max == 0)
		rc_fail(err, RC_USAGE, "%s takes options only, no other arguments", command->name);
	else if (count > command->names_max)
		rc_fail(err, RC_USAGE, "%s takes at most %u, not %zu arguments", command->name,
		    command->names_max, count);
	else
		return 0;
	return rc_hint(err, "usage: runnerctl %s%s%s", command->name, *command->synopsis ? " " : "",
	    command->synopsis);
}

static int
check_whole(const struct rc_parsed *parsed, struct rc_error *err)
{
	const struct rc_globals *globals = &parsed->globals;

	if (globals->help || globals->version || globals->dump_options)
		return 0;
	if (globals->quiet && globals->verbose)
		return rc_fail(err, RC_USAGE, "--quiet and --verbose exclude each other");
	if (parsed->family) {
		rc_fail(err, RC_USAGE, "'%s' is not a whole verb", parsed->family);
		return rc_hint(err, "try 'runnerctl %s --help'", parsed->family);
	}
	return parsed->command ? check_names(parsed->command, parsed->names.count, err) : 0;
}

int
rc_parse(struct rc_parsed *parsed, int argc, char **argv, struct rc_error *err)
{
	struct parser p = { .to = parsed, .next = argv + (argc > 0) };
	int result = 0;

	*parsed = (struct rc_parsed){ 0 };
	for (err->hint[0] = '\0'; result == 0 && *p.next; p.next++)
		result = take_argument(&p, err);
	if (result == 0)
		result = check_whole(parsed, err);
	if (result == 0)
		return 0;
	for (int i = 1; i < argc && argv[i]; i++)
		rc_wipe(argv[i], strlen(argv[i]));
	if (!err->hint[0])
		rc_hint(err, "try 'runnerctl %s%s--help'",
		    parsed->command ? parsed->command->name : "", parsed->command ? " " : "");
	return -1;
}

void
rc_parsed_release(struct rc_parsed *parsed)
{
	const struct rc_option *option;
	char *base;

	for (size_t i = 0; (option = table_at(parsed, i, &base)); i++)
		for (; option->name; option++)
			rc_value_release(option, base + option->field);
	free(parsed->args);
	free(parsed->family);
	rc_strv_release(&parsed->names);
	*parsed = (struct rc_parsed){ 0 };
}
