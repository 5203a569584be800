/* The only printer of help, and the verb of that name.  Lines end before column 80 by a test. */
#include "cmd/help.h"

#include <ctype.h>
#include <string.h>

#include "base/scope.h"
#include "cmd/options.h"
#include "cmd/say.h"

#define VERB_WIDTH 14

/* "--wait[=TIME]", "--count N", "--now" */
static void
format_option(char *buf, size_t size, const struct rc_option *option)
{
	const char *before = option->type == RC_OPT_WAIT ? "[=" : " ";
	const char *after = option->type == RC_OPT_WAIT ? "]" : "";

	if (option->value)
		snprintf(buf, size, "--%s%s%s%s", option->name, before, option->value, after);
	else
		snprintf(buf, size, "--%s", option->name);
}

/* Columns that the longest option takes. */
static int
widest(const struct rc_option *options)
{
	size_t width = 0;

	for (; options->name; options++) {
		char text[64];

		format_option(text, sizeof(text), options);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static void
print_options(FILE *out, const char *title, const struct rc_option *options, int width)
{
	fprintf(out, "\n%s:\n", title);
	for (; options->name; options++) {
		char letter[5] = "    ", text[64];

		if (!options->help)
			continue;
		if (options->letter)
			snprintf(letter, sizeof(letter), "-%c, ", options->letter);
		format_option(text, sizeof(text), options);
		fprintf(out, "  %s%-*s  %s\n", letter, width, text, options->help);
	}
}

static void
print_verbs(FILE *out, const char *family)
{
	for (size_t i = 0; rc_commands[i]; i++) {
		const struct rc_command *command = rc_commands[i];

		if (!family ||
		    (rc_str_starts(command->name, family) && command->name[strlen(family)] == ' '))
			fprintf(out, "  %-*s%s\n", VERB_WIDTH, command->name, command->summary);
	}
}

void
rc_help_short(FILE *out)
{
	fputs("usage: runnerctl [options] VERB ...\n\n", out);
	print_verbs(out, NULL);
	fputs("\nhint: 'runnerctl --help' tells more\n", out);
}

void
rc_help_overview(FILE *out)
{
	fputs("usage: runnerctl [options] VERB ...\n\n"
	      "Lends this machine's spare capacity to GitLab CI: small virtual machines with\n"
	      "docker and gitlab-runner, capped, isolated, and replaced rather than repaired.\n\n"
	      "Verbs:\n",
	    out);
	print_verbs(out, NULL);
	print_options(
	    out, "Options, before or after the verb", rc_global_options, widest(rc_global_options));
	fputs("\n'runnerctl help VERB' explains a verb; runnerctl(1) is the manual.\n", out);
}

void
rc_help_family(FILE *out, const char *word)
{
	fprintf(out, "usage: runnerctl %s VERB ...\n\nVerbs:\n", word);
	print_verbs(out, word);
	fprintf(out, "\n'runnerctl help %s VERB' explains a verb; runnerctl-%s(1) is the manual.\n",
	    word, word);
}

void
rc_help_command(FILE *out, const struct rc_command *command)
{
	int width = 0;

	fprintf(out, "usage: runnerctl %s%s%s\n\n", command->name, *command->synopsis ? " " : "",
	    command->synopsis);
	fprintf(out, "%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
	for (size_t i = 0; command->groups[i].options; i++)
		if (widest(command->groups[i].options) > width)
			width = widest(command->groups[i].options);
	for (size_t i = 0; command->groups[i].options; i++)
		print_options(out, command->groups[i].title, command->groups[i].options, width);
	if (command->examples)
		fprintf(out, "\nExamples:\n%s", command->examples);
	fputs("\n'runnerctl --help' lists the options that go with every verb", out);
	if (command->needs)
		fprintf(out, ";\nrunnerctl-%.*s(1) is the manual", (int)strcspn(command->name, " "),
		    command->name);
	fputs(".\n", out);
}

static void
dump(FILE *out, const char *verb, const struct rc_option *options)
{
	for (; options->name; options++) {
		char text[64];

		if (!options->help)
			continue;
		format_option(text, sizeof(text), options);
		fprintf(out, "%s\t", verb);
		if (options->letter)
			fprintf(out, "-%c ", options->letter);
		fprintf(out, "%s\n", text);
	}
}

void
rc_help_dump(FILE *out)
{
	dump(out, "runnerctl", rc_global_options);
	for (size_t i = 0; rc_commands[i]; i++)
		for (size_t j = 0; rc_commands[i]->groups[j].options; j++)
			dump(out, rc_commands[i]->name, rc_commands[i]->groups[j].options);
}

static enum rc_code
help_run(const struct rc_app *app, const void *given)
{
	scoped(rc_str_release) char *name = rc_strv_join(app->names, " ");
	const struct rc_command *command;
	struct rc_error err;

	(void)given;
	if (!*name)
		rc_help_overview(app->page.out);
	else if (rc_command_family(name))
		rc_help_family(app->page.out, name);
	else if ((command = rc_command_find(name, &err)))
		rc_help_command(app->page.out, command);
	else
		return rc_say_error(app->voice, &err);
	return RC_OK;
}

const struct rc_command rc_cmd_help = {
	.name = "help",
	.synopsis = "[VERB]",
	.summary = "explain the program, or one verb",
	.names_max = 2,
	.run = help_run,
};
