/*
 * The listing is chains: a heading, "Bridge chain: NAME, entries: N, policy: P",
 * and a rule a line.  libvirt calls an interface's chain libvirt-I-TAP, and those
 * of filters in chains of their own I-TAP-CHAIN.
 */
#include "core/ebtables.h"

#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "base/str.h"

#define HEADING "Bridge chain: "

struct reading {
	const char *tap;
	char *root, *below; /* "libvirt-I-vnet0", "I-vnet0-" */
	char *jump;         /* the rule that leads there */
	struct rc_sha256 *sum;
	bool foreign;     /* somebody else's rule comes before the jump */
	bool jumps, ends; /* the last rule of the root chain so far drops everything */
};

enum chain { FOREIGN, ENTRY, ROOT, BELOW };

static enum chain
chain_of(const struct reading *reading, const char *heading)
{
	size_t length = strcspn(heading, ",");
	scoped(rc_str_release) char *name = rc_strndup(heading, length);

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

static void
read_line(struct reading *reading, enum chain *chain, const char *line)
{
	if (rc_str_starts(line, HEADING)) {
		*chain = chain_of(reading, line + strlen(HEADING));
		return;
	}
	if (*line == '\0' || *chain == FOREIGN)
		return;
	if (*chain == ENTRY) {
		if (strcmp(line, reading->jump) == 0)
			reading->jumps = !reading->foreign;
		else if (!rc_str_starts(line, "-i ") || !strstr(line, " -j libvirt-I-"))
			reading->foreign = true;
		return;
	}
	if (*chain == ROOT)
		reading->ends = strcmp(line, "-j DROP") == 0;
	add(reading, line);
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
	enum chain chain = FOREIGN;
	char hex[RC_SHA256_HEX];

	while (*listing) {
		size_t length = strcspn(listing, "\n");
		scoped(rc_str_release) char *line = rc_strndup(listing, length);

		while (length && line[length - 1] == ' ')
			line[--length] = '\0';
		read_line(&reading, &chain, line);
		listing += strcspn(listing, "\n");
		listing += *listing == '\n';
	}
	rc_sha256_finish(reading.sum, hex);
	memcpy(ret_hash, hex, 16);
	ret_hash[16] = '\0';
	return reading.jumps && reading.ends;
}
