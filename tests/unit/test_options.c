/* The parser against its tables: what is understood, what is refused and how, what is wiped. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "cmd/options.h"
#include "cmd/value.h"

#define ARGUMENTS_MAX 16

/* A writable argv; arguments are separated by one '|', so that they may be empty. */
struct command_line {
	char text[256];
	char *argv[ARGUMENTS_MAX + 1];
	int argc;
};

static void
make_line(struct command_line *line, const char *arguments)
{
	char *at = line->text;

	*line = (struct command_line){ 0 };
	snprintf(line->text, sizeof(line->text), "runnerctl|%s", arguments);
	if (!*arguments)
		*strchr(line->text, '|') = '\0';
	for (line->argc = 0; at; line->argc++) {
		char *end = strchr(at, '|');

		assert_true(line->argc < ARGUMENTS_MAX);
		line->argv[line->argc] = at;
		if (end)
			*end++ = '\0';
		at = end;
	}
	line->argv[line->argc] = NULL;
}

static void
describe_value(FILE *out, const struct rc_option *option, const void *field)
{
	scoped(rc_str_release) char *joined = NULL;
	uint64_t limit;

	switch (option->type) {
	case RC_OPT_FLAG:
		if (*(const bool *)field)
			fprintf(out, " %s", option->name);
		return;
	case RC_OPT_TEXT:
	case RC_OPT_CHOICE:
	case RC_OPT_SECRET:
		if (*(char *const *)field)
			fprintf(out, " %s=%s", option->name, *(char *const *)field);
		return;
	case RC_OPT_COUNT:
		if (*(const unsigned *)field)
			fprintf(out, " %s=%u", option->name, *(const unsigned *)field);
		return;
	case RC_OPT_ID:
	case RC_OPT_DURATION:
	case RC_OPT_WAIT:
		if (*(const int64_t *)field)
			fprintf(out, " %s=%" PRId64, option->name, *(const int64_t *)field);
		return;
	case RC_OPT_SIZE:
		if (*(const uint64_t *)field)
			fprintf(out, " %s=%" PRIu64, option->name, *(const uint64_t *)field);
		return;
	case RC_OPT_LIMIT:
		limit = rc_limit_get(field, rc_limit_find(option->name));
		if (limit)
			fprintf(out, " %s=%" PRIu64, option->name, limit);
		return;
	case RC_OPT_LIST:
		joined = rc_strv_join(field, "+");
		if (*joined)
			fprintf(out, " %s=%s", option->name, joined);
		return;
	}
}

static void
describe_table(FILE *out, const struct rc_option *options, const void *base)
{
	for (; options->name; options++)
		describe_value(out, options, (const char *)base + options->field);
}

/* "create ci-1 cpus=2 json": everything that was understood, in the order of the tables. */
static void
describe(char *buf, size_t size, const struct rc_parsed *parsed)
{
	FILE *out = fmemopen(buf, size, "w");

	assert_non_null(out);
	fputs(parsed->command ? parsed->command->name : "-", out);
	for (size_t i = 0; i < parsed->names.count; i++)
		fprintf(out, " %s", parsed->names.items[i]);
	for (size_t i = 0; parsed->command && parsed->command->groups[i].options; i++)
		describe_table(out, parsed->command->groups[i].options,
		    (char *)parsed->args + parsed->command->groups[i].at);
	describe_table(out, rc_global_options, &parsed->globals);
	fclose(out);
}

static const struct {
	const char *why, *arguments, *understood;
} good[] = {
	{ "nothing at all", "", "-" },
	{ "a verb and a name", "create|ci-1", "create ci-1" },
	{ "several names, in their order", "destroy|b|a", "destroy b a drain-timeout=-1" },
	{ "value apart", "create|ci|--count|3", "create ci count=3" },
	{ "value attached", "create|ci|--count=3", "create ci count=3" },
	{ "options before names", "create|--cpus|2|ci", "create ci cpus=2" },
	{ "options between names", "create|a|-n|b", "create a b dry-run" },
	{ "global before the verb", "--json|list", "list json" },
	{ "global after the verb", "list|--json", "list json" },
	{ "global with a value before the verb", "-c|test:///default|list",
	    "list connect=test:///default" },
	{ "letter with its value attached", "list|-ctest:///x", "list connect=test:///x" },
	{ "flags in a bundle", "list|-qh", "list quiet help" },
	{ "a bundle that ends with a value", "list|-qc|x", "list connect=x quiet" },
	{ "a bundle that ends with its value", "create|-nqcx|ci",
	    "create ci dry-run connect=x quiet" },
	{ "all after -- are names", "create|--|-n", "create -n" },
	{ "the verb may stand after --", "--|list", "list" },
	{ "a lone dash is a name", "create|-", "create -" },
	{ "a verb of two words", "image|list", "image list" },
	{ "globals between its words", "image|--json|build|--name|x", "image build name=x json" },
	{ "a list grows", "image|build|--package|a|--package=b", "image build package=a+b" },
	{ "the last one of two wins", "create|a|--image|x|--image|y", "create a image=y" },
	{ "an attached value may begin with a dash", "create|a|--tags=-x", "create a tags=-x" },
	{ "an attached value may hold '='", "create|a|--url=h?a=b", "create a url=h?a=b" },
	{ "sizes are bytes", "create|a|--memory|1.5GiB", "create a memory=1610612736" },
	{ "caps are percent", "create|a|--cpu-cap|1.5", "create a cpu-cap=150" },
	{ "durations are seconds", "destroy|a|--drain-timeout|2h", "destroy a drain-timeout=7200" },
	{ "an empty drain time is no default", "destroy|a|--drain-timeout|0", "destroy a" },
	{ "wait alone", "create|a|--wait", "create a wait=600" },
	{ "wait with a time", "create|a|--wait=90s", "create a wait=90" },
	{ "a name may follow wait", "create|--wait|a", "create a wait=600" },
	{ "largest id", "create|a|--group|9223372036854775807",
	    "create a group=9223372036854775807" },
	{ "a choice", "list|--accel|tcg", "list accel=tcg" },
	{ "a secret", "register|a|--token|glrt-x", "register a token=glrt-x" },
	{ "a secret attached", "register|a|--token=glrt-x", "register a token=glrt-x" },
	{ "help needs no names", "create|--help", "create help" },
	{ "help with half a verb", "image|--help", "- help" },
	{ "version without a verb", "--version", "- version" },
	{ "help takes verbs", "help|image|build", "help image build" },
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(good); i++) {
		scoped(rc_parsed_release) struct rc_parsed parsed;
		struct command_line line;
		struct rc_error err;
		char understood[256];

		make_line(&line, good[i].arguments);
		if (rc_parse(&parsed, line.argc, line.argv, &err) < 0)
			fail_msg("%s: refused: %s", good[i].why, err.text);
		describe(understood, sizeof(understood), &parsed);
		if (strcmp(understood, good[i].understood) != 0)
			fail_msg("%s:\n  is   '%s'\n  not  '%s'", good[i].why, understood,
			    good[i].understood);
	}
}

static const struct {
	const char *why, *arguments, *text, *hint;
} bad[] = {
	{ "a misspelt verb", "crate|a", "there is no verb 'crate'", "did you mean 'create'?" },
	{ "letters swapped", "lsit", "there is no verb 'lsit'", "did you mean 'list'?" },
	{ "another program's word", "rm|a", "there is no verb 'rm'", "did you mean 'destroy'?" },
	{ "nothing like it", "frobnicate", "there is no verb 'frobnicate'",
	    "try 'runnerctl --help'" },
	{ "no prefixes of verbs", "dest|a", "there is no verb 'dest'", "did you mean 'destroy'?" },
	{ "half a verb", "image", "'image' is not a whole verb", "try 'runnerctl image --help'" },
	{ "a misspelt half", "image|biuld", "there is no verb 'image biuld'",
	    "did you mean 'image build'?" },
	{ "a misspelt option", "create|a|--cpu|2", "create has no option '--cpu'",
	    "did you mean '--cpus'?" },
	{ "no prefixes of options", "list|--verb", "list has no option '--verb'",
	    "did you mean '--verbose'?" },
	{ "a value is not repeated", "create|a|--tokne=glrt-x", "create has no option '--tokne'",
	    "did you mean '--token'?" },
	{ "hidden options are not advised", "list|--dump-option",
	    "list has no option '--dump-option'", "try 'runnerctl list --help'" },
	{ "a verb's option before the verb", "--count|3|create|ci",
	    "there is no global option '--count'",
	    "the options of a verb stand after it: runnerctl VERB --count" },
	{ "another verb's option", "list|--count|3", "list has no option '--count'",
	    "try 'runnerctl list --help'" },
	{ "an unknown letter", "list|-z", "list has no option '-z'",
	    "try 'runnerctl list --help'" },
	{ "an unknown letter in a bundle", "list|-qz", "list has no option '-z'",
	    "try 'runnerctl list --help'" },
	{ "an unknown letter of two bytes", "list|-\xc3\xbc", "list has no option '-\xc3\xbc'",
	    "try 'runnerctl list --help'" },
	{ "a flag with a value", "list|--json=yes", "--json takes no value",
	    "try 'runnerctl list --help'" },
	{ "no value", "create|a|--cpus", "--cpus needs a value: --cpus N",
	    "try 'runnerctl create --help'" },
	{ "no value for a letter", "list|-c", "-c needs a value: -c URI",
	    "try 'runnerctl list --help'" },
	{ "an option for a value", "create|a|--image|--json",
	    "--image needs a value, but an option follows",
	    "write --image=IMAGE if the value begins with '-'" },
	{ "an empty value", "create|a|--image|", "--image: the value is empty",
	    "try 'runnerctl create --help'" },
	{ "an empty value attached", "create|a|--image=", "--image: the value is empty",
	    "try 'runnerctl create --help'" },
	{ "an empty secret", "register|a|--token=", "--token: the value is empty",
	    "try 'runnerctl register --help'" },
	{ "two secrets", "register|a|--token|x|--token|y", "--token: given twice",
	    "try 'runnerctl register --help'" },
	{ "a number with a tail", "create|a|--cpus|2x",
	    "--cpus: '2x' is not a whole number from 1 to 10000", "try 'runnerctl create --help'" },
	{ "zero", "create|a|--cpus|0", "--cpus: '0' is not a whole number from 1 to 10000",
	    "try 'runnerctl create --help'" },
	{ "a negative number", "create|a|--cpus=-1",
	    "--cpus: '-1' is not a whole number from 1 to 10000", "try 'runnerctl create --help'" },
	{ "a signed number", "create|a|--cpus|+1",
	    "--cpus: '+1' is not a whole number from 1 to 10000", "try 'runnerctl create --help'" },
	{ "a blank before it", "create|a|--cpus| 1",
	    "--cpus: ' 1' is not a whole number from 1 to 10000", "try 'runnerctl create --help'" },
	{ "too large by one digit", "create|a|--cpus|10001",
	    "--cpus: '10001' is not a whole number from 1 to 10000",
	    "try 'runnerctl create --help'" },
	{ "an id that overflows", "create|a|--group|9223372036854775808",
	    "--group: '9223372036854775808' is not a whole number from 1 to "
	    "9223372036854775807",
	    "try 'runnerctl create --help'" },
	{ "a size without its unit", "create|a|--memory|4", "--memory: '4' is not a size",
	    "write a number and a unit, such as 512MiB or 4GiB" },
	{ "an unknown choice", "list|--color|red", "--color: 'red' is not one of auto|always|never",
	    "try 'runnerctl list --help'" },
	{ "part of a choice", "list|--color|auto|always|--accel|kv",
	    "--accel: 'kv' is not one of auto|kvm|tcg", "try 'runnerctl list --help'" },
	{ "the time of --wait apart", "create|a|--wait|5m", "'5m' stands where a name should",
	    "write --wait=5m" },
	{ "a bad time of --wait", "create|a|--wait=soon", "--wait: 'soon' is not a duration",
	    "write a number and a unit, such as 90s, 30m, 2h or 7d" },
	{ "no name", "create", "create needs a NAME", "usage: runnerctl create [options] NAME..." },
	{ "too many names", "register|a|glrt-x", "register takes at most 1, not 2 arguments",
	    "usage: runnerctl register [options] NAME" },
	{ "names where there are none", "list|a", "list takes options only, no other arguments",
	    "usage: runnerctl list" },
	{ "quiet and verbose", "list|-qv", "--quiet and --verbose exclude each other",
	    "try 'runnerctl list --help'" },
	{ "a token for a verb", "glrt-abc", "a token stands where a verb should",
	    "try 'runnerctl --help'" },
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(bad); i++) {
		scoped(rc_parsed_release) struct rc_parsed parsed;
		struct command_line line;
		struct rc_error err = { 0 };

		make_line(&line, bad[i].arguments);
		if (rc_parse(&parsed, line.argc, line.argv, &err) == 0)
			fail_msg("%s: understood", bad[i].why);
		if (err.code != RC_USAGE || strcmp(err.text, bad[i].text) != 0 ||
		    strcmp(err.hint, bad[i].hint) != 0)
			fail_msg("%s:\n  is   '%s' (%s)\n  not  '%s' (%s)", bad[i].why, err.text,
			    err.hint, bad[i].text, bad[i].hint);
		for (int j = 1; j < line.argc; j++)
			if (*line.argv[j])
				fail_msg("%s: '%s' was not wiped", bad[i].why, line.argv[j]);
	}
}

/* Wherever the secret stands, its bytes are gone from argv, and only they. */
static void
test_secret_is_wiped(void **state)
{
	static const char *const lines[] = {
		"register|a|--token|glrt-secret",
		"register|--token=glrt-secret|a",
		"--json|register|--token|glrt-secret|a|--wait",
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(lines); i++) {
		scoped(rc_parsed_release) struct rc_parsed parsed;
		struct command_line line;
		struct rc_error err;

		make_line(&line, lines[i]);
		assert_int_equal(rc_parse(&parsed, line.argc, line.argv, &err), 0);
		assert_null(memmem(line.text, sizeof(line.text), "secret", 6));
		assert_string_equal(line.argv[0], "runnerctl");
		assert_non_null(memmem(line.text, sizeof(line.text), "--token", 7));
	}
}

static void
check_rows(const struct rc_option *options, size_t size, const struct rc_option *others)
{
	for (; options->name; options++) {
		assert_true(options->field + rc_value_size(options->type) <= size);
		assert_true((options->type == RC_OPT_FLAG) == (options->value == NULL));
		assert_true(!options->help || strlen(options->help) <= 50);
		for (const struct rc_option *o = others; o->name; o++) {
			if (o == options)
				continue;
			assert_string_not_equal(o->name, options->name);
			assert_true(!o->letter || o->letter != options->letter);
		}
	}
}

/* The tables themselves: names that are unique, fields that are inside their struct. */
static void
test_tables(void **state)
{
	(void)state;
	check_rows(rc_global_options, sizeof(struct rc_globals), rc_global_options);
	for (size_t i = 0; rc_commands[i]; i++) {
		const struct rc_command *command = rc_commands[i];

		assert_true(strlen(command->summary) <= 60);
		assert_true(command->names_min <= command->names_max);
		assert_true(command->run != NULL && command->synopsis != NULL);
		assert_true(command->needs == (command->needs & 3));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rc_commands[j]->name, command->name);
		for (size_t g = 0; command->groups[g].options; g++) {
			const struct rc_option_group *group = &command->groups[g];
			size_t size = command->args_size - group->at;

			assert_true(g + 1 < RC_COUNT(command->groups));
			check_rows(group->options, size, rc_global_options);
			for (size_t h = 0; command->groups[h].options; h++)
				check_rows(group->options, size, command->groups[h].options);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_secret_is_wiped),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
