#include "host/hardening.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

#define FILE_MAX (1u << 20)

/* The file's text, or NULL; the caller frees. */
static char *
text_of(const char *root, const char *path)
{
	scoped(rc_str_release) char *whole = rc_format("%s%s", root, path);
	struct rc_error ignored;
	char *text = NULL;

	return rc_file_read(&text, NULL, whole, FILE_MAX, &ignored) == 0 ? text : NULL;
}

static int
number_in(const char *root, const char *path)
{
	scoped(rc_str_release) char *text = text_of(root, path);

	return text && strspn(text, "0123456789") > 0 ? (int)strtol(text, NULL, 10) : RC_NO_NUMBER;
}

/* A heading, and then a line for each. */
static bool
has_swap(const char *root)
{
	scoped(rc_str_release) char *text = text_of(root, "/proc/swaps");
	const char *second = text ? strchr(text, '\n') : NULL;

	return second && second[1];
}

/* The line that counts is the last, as in libvirt's own reader. */
static bool
requires_confined(const char *root)
{
	static const char key[] = "security_require_confined";
	scoped(rc_str_release) char *text = text_of(root, "/etc/libvirt/qemu.conf");
	bool required = false;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *at;

		line += *line == '\n';
		at = line + strspn(line, " \t");
		if (!rc_str_starts(at, key))
			continue;
		at += strlen(key);
		at += strspn(at, " \t");
		if (*at == '=')
			required = at[1 + strspn(at + 1, " \t")] == '1';
	}
	return required;
}

static int
by_name(const void *one, const void *two)
{
	return strcmp(*(char *const *)one, *(char *const *)two);
}

static void
read_vulnerabilities(char ret[200], const char *root)
{
	scoped(rc_str_release) char *path =
	    rc_format("%s/sys/devices/system/cpu/vulnerabilities", root);
	scoped(rc_strv_release) struct rc_strv found = { 0 };
	scoped(rc_str_release) char *joined = NULL;
	DIR *directory = opendir(path);

	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		scoped(rc_str_release) char *file =
		    rc_format("/sys/devices/system/cpu/vulnerabilities/%s", entry->d_name);
		scoped(rc_str_release) char *text =
		    entry->d_name[0] == '.' ? NULL : text_of(root, file);

		if (text && rc_str_starts(text, "Vulnerable"))
			rc_strv_add(&found, entry->d_name);
	}
	if (directory)
		closedir(directory);
	if (found.count)
		qsort(found.items, found.count, sizeof(*found.items), by_name);
	joined = rc_strv_join(&found, ", ");
	snprintf(ret, 200, "%s", joined);
}

void
rc_hardening_read(struct rc_hardening *ret, const char *root)
{
	static const char *const calls[] = { "iptables", "ip6tables", "arptables" };

	*ret = (struct rc_hardening){
		.shared_pages = number_in(root, "/sys/kernel/mm/ksm/run"),
		.shared_cores = number_in(root, "/sys/devices/system/cpu/smt/active"),
		.swap = has_swap(root),
		.require_confined = requires_confined(root),
	};
	for (size_t i = 0; i < RC_COUNT(calls); i++) {
		scoped(rc_str_release) char *path =
		    rc_format("/proc/sys/net/bridge/bridge-nf-call-%s", calls[i]);

		ret->bridge_calls[i] = number_in(root, path);
	}
	read_vulnerabilities(ret->vulnerable, root);
}
