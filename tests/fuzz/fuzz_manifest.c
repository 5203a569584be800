/* manifest.json: what is taken must be writable, and be the same when read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_manifest_release) struct rc_manifest read = { 0 }, again = { 0 };
	scoped(rc_str_release) char *text = rc_strndup((const char *)data, size), *written = NULL;
	scoped(rc_str_release) char *name = NULL, *version = NULL, *reference = NULL;
	struct rc_error err = { 0 };

	if (rc_image_reference(&name, &version, text, &err) == 0)
		must(strchr(name, '/') == NULL && (!version || strchr(version, '/') == NULL));
	rc_str_release(&name);
	rc_str_release(&version);
	if (rc_manifest_read(&read, text, &err) < 0)
		return 0;
	must(rc_manifest_write(&written, &read, NULL, &err) == 0);
	must(rc_manifest_read(&again, written, &err) == 0);
	must(strcmp(read.name, again.name) == 0 && strcmp(read.version, again.version) == 0);
	must(read.layout == again.layout && read.created == again.created);
	must(read.layout == RC_LAYOUT_DISK ? !read.cmdline
					   : strcmp(read.cmdline, again.cmdline) == 0);
	must(
	    read.root_partition == again.root_partition && read.virtual_size == again.virtual_size);
	must((read.layout == RC_LAYOUT_DISK) == (read.root_partition > 0));
	must(memcmp(read.parts, again.parts, sizeof(read.parts)) == 0);
	reference = rc_format("%s@%s", read.name, read.version);
	must(rc_image_reference(&name, &version, reference, &err) == 0);
	return 0;
}
