/* The appliance's element: whatever is taken can be written, and is the same when read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/metadata.h"

#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static int
same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_appliance_release) struct rc_appliance read = { 0 }, again = { 0 };
	scoped(rc_str_release) char *text = rc_strndup((const char *)data, size), *written = NULL;
	struct rc_error err = { 0 };

	if (rc_appliance_from_xml(&read, text, "ci-1.3", UUID, &err) < 0) {
		must(strstr(err.text, "domain ci-1.3") != NULL);
		return 0;
	}
	must(strcmp(read.name, "ci-1") == 0 && read.generation == 3 && read.limits.cpus > 0);
	must(rc_state_name(read.state) != NULL && rc_ownership_name(read.ownership) != NULL);
	written = rc_appliance_to_xml(&read);
	must(rc_appliance_from_xml(&again, written, "ci-1.3", UUID, &err) == 0);
	must(read.state == again.state && read.emulated == again.emulated);
	must(read.runner_id == again.runner_id && read.created == again.created);
	must(read.token_expires == again.token_expires);
	must(memcmp(read.system_id, again.system_id, strlen(read.system_id) + 1) == 0);
	must(read.limits.memory == again.limits.memory && read.limits.disk == again.limits.disk);
	must(same(read.image, again.image) && same(read.profile, again.profile));
	must(same(read.mac, again.mac) && same(read.ip, again.ip) &&
	     same(read.filter, again.filter));
	must(same(read.url, again.url) && same(read.tags, again.tags));
	return 0;
}
