/*
 * What ebtables-save prints is tables: "*nat", a line for each chain, and a rule a
 * line, "-A CHAIN RULE".  libvirt calls an interface's chain libvirt-I-TAP, and
 * those of filters in chains of their own I-TAP-CHAIN.
 */
#include "core/ebtables.h"

#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "base/str.h"

#define RULE "-A "

struct reading {
	const char *tap;
	char *root, *below; /* "libvirt-I-vnet0", "I-vnet0-" */
	char *jump;         /* the rule that leads there */
	struct rc_sha256 *sum;
	bool nat;         /* the table that libvirt filters in */
	bool foreign;     /* somebody else's rule comes before the jump */
	bool jumps, ends; /* the last rule of the root chain so far drops everything */
};

enum chain { FOREIGN, ENTRY, ROOT, BELOW };

static enum chain
chain_of(const struct reading *reading, const char *name)
{
	if (strcmp(name, "PREROUTING") == 0)
		return ENTRY;
	if (strcmp(name, reading->root) == 0)
		return ROOT;
	return rc_str_starts(name, reading->below) ? BELOW : FOREIGN;
}

/* Adds the line without the interface's name. */
static void
add(struct reading *reading, const char *line)
{
	const char *at;

	while ((at = strstr(line, reading->tap))) {
		rc_sha256_add(reading->sum, line, (size_t)(at - line));
		line = at + strlen(reading->tap);
	}
	rc_sha256_add(reading->sum, line, strlen(line) + 1);
}

/* A jump for another interface; its chain has a J in its name while libvirt fills it. */
static bool
is_libvirts(const char *rule)
{
	return rc_str_starts(rule, "-i ") &&
	       (strstr(rule, " -j libvirt-I-") || strstr(rule, " -j libvirt-J-"));
}

static void
read_rule(struct reading *reading, enum chain chain, const char *rule)
{
	if (chain == FOREIGN)
		return;
	if (chain == ENTRY) {
		if (strcmp(rule, reading->jump) == 0)
			reading->jumps = !reading->foreign;
		else if (!is_libvirts(rule))
			reading->foreign = true;
		return;
	}
	if (chain == ROOT)
		reading->ends = strcmp(rule, "-j DROP") == 0;
	add(reading, rule);
}

static void
read_line(struct reading *reading, const char *line)
{
	scoped(rc_str_release) char *name = NULL;
	size_t length;

	if (*line == '*')
		reading->nat = strcmp(line, "*nat") == 0;
	if (!reading->nat || !rc_str_starts(line, RULE))
		return;
	line += strlen(RULE);
	length = strcspn(line, " ");
	name = rc_strndup(line, length);
	read_rule(reading, chain_of(reading, name), line + length + (line[length] == ' '));
}

bool
rc_ebtables_rules(char ret_hash[17], const char *listing, const char *tap)
{
	scoped(rc_str_release) char *root = rc_format("libvirt-I-%s", tap);
	scoped(rc_str_release) char *below = rc_format("I-%s-", tap);
	scoped(rc_str_release) char *jump = rc_format("-i %s -j libvirt-I-%s", tap, tap);
	struct reading reading = {
		.tap = tap, .root = root, .below = below, .jump = jump, .sum = rc_sha256_new()
	};
	char hex[RC_SHA256_HEX];

	while (*listing) {
		size_t length = strcspn(listing, "\n");
		scoped(rc_str_release) char *line = rc_strndup(listing, length);

		while (length && line[length - 1] == ' ')
			line[--length] = '\0';
		read_line(&reading, line);
		listing += strcspn(listing, "\n");
		listing += *listing == '\n';
	}
	rc_sha256_finish(reading.sum, hex);
	memcpy(ret_hash, hex, 16);
	ret_hash[16] = '\0';
	return reading.jumps && reading.ends;
}
