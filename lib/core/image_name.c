/* What images, their files and the volumes of those are called. */
#include "core/image_name.h"

#include <stdbool.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/name.h"

#define VERSION_MAX 40
#define VERSION_CHARACTERS                                                                         \
	"abcdefghijklmnopqrstuvwxyz"                                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static const char *const part_names[] = {
	[RC_IMAGE_KERNEL] = "vmlinuz",
	[RC_IMAGE_INITRD] = "initrd",
	[RC_IMAGE_ROOT] = "root.squashfs",
	[RC_IMAGE_ROOT_EROFS] = "root.erofs",
	[RC_IMAGE_DISK_RAW] = "disk.raw",
	[RC_IMAGE_DISK_QCOW2] = "disk.qcow2",
	[RC_IMAGE_PARTS] = "manifest.json",
};

int
rc_image_version_check(const char *version, struct rc_error *err)
{
	size_t length = strlen(version);

	if (length >= 1 && length <= VERSION_MAX && strspn(version, VERSION_CHARACTERS) == length)
		return 0;
	rc_fail(err, RC_USAGE, "'%.64s' is not the version of an image", version);
	return rc_hint(err, "use at most %d of A-Z, a-z, 0-9, '.' and '-'", VERSION_MAX);
}

const char *
rc_image_part_name(enum rc_image_part part)
{
	return part_names[part];
}

char *
rc_image_volume(const char *name, const char *version, enum rc_image_part part)
{
	return rc_format("%s@%s.%s", name, version, part_names[part]);
}

/* Does text end with ".part"?  Then *ret is what stands before. */
static bool
split_part(char **ret, const char *text, const char *part)
{
	size_t length = strlen(text), tail = strlen(part) + 1;

	if (length <= tail || text[length - tail] != '.' ||
	    strcmp(text + length - tail + 1, part) != 0)
		return false;
	*ret = rc_strndup(text, length - tail);
	return true;
}

char *
rc_image_volume_reference(const char *volume, enum rc_image_part *ret_part)
{
	for (int part = 0; part <= RC_IMAGE_PARTS; part++) {
		scoped(rc_str_release) char *reference = NULL, *name = NULL, *version = NULL;
		struct rc_error unused;

		if (!split_part(&reference, volume, part_names[part]) ||
		    rc_image_reference(&name, &version, reference, &unused) < 0 || !version)
			continue;
		*ret_part = (enum rc_image_part)part;
		return rc_strdup(reference);
	}
	return NULL;
}

int
rc_image_reference(char **ret_name, char **ret_version, const char *text, struct rc_error *err)
{
	const char *at = strchrnul(text, '@');
	scoped(rc_str_release) char *name = rc_strndup(text, (size_t)(at - text));
	struct rc_error unused;

	if (rc_name_check(name, &unused) < 0) {
		rc_fail(err, RC_USAGE, "'%.64s' is not the name of an image", name);
		return rc_hint(err, "use 1 to 31 of a-z, 0-9 and '-', starting with a letter");
	}
	if (*at && rc_image_version_check(at + 1, err) < 0)
		return -1;
	*ret_version = *at ? rc_strdup(at + 1) : NULL;
	*ret_name = name;
	name = NULL;
	return 0;
}
