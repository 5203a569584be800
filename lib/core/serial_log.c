/* What a guest wrote to its serial line, which is hostile. */
#include "core/serial_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define LINE_MAX_BYTES 160

char *
rc_serial_log_path(const struct rc_appliance *appliance)
{
	char *domain = rc_appliance_domain(appliance);
	char *path = rc_format("/var/log/libvirt/qemu/%s-serial.log", domain);

	free(domain);
	return path;
}

/* A sequence that begins at s, such as "\e[2J" or "\ec"; 0 if none does. */
static size_t
sequence(const char *s, size_t size)
{
	size_t n = 2;

	if (size < 2 || s[0] != '\x1b')
		return 0;
	if (s[1] != '[')
		return 2;
	while (n < size && s[n] >= 0x20 && s[n] < 0x40)
		n++;
	return n < size ? n + 1 : n;
}

/* Lines as a person would see them: without sequences, and without what "\r" wrote over. */
static char *
plain(const char *bytes, size_t size)
{
	char *text = rc_alloc(size + 1, 1), *to = text;

	for (size_t i = 0; i < size;) {
		size_t skip = sequence(bytes + i, size - i);

		if (!skip && bytes[i])
			*to++ = bytes[i];
		else if (!skip)
			*to++ = ' ';
		i += skip ? skip : 1;
	}
	return text;
}

/* The last line of a text with something in it, which is cut off behind it. */
static char *
last(char *text)
{
	char *end = text + strlen(text), *line;

	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	*end = '\0';
	for (line = end; line > text && !strchr("\r\n", line[-1]);)
		line--;
	return line + strspn(line, " \t");
}

char *
rc_serial_last_line(const char *bytes, size_t size)
{
	char *text = plain(bytes, size), *line = last(text);

	/* The kernel's goodbye. What was said before tells why. */
	if (strstr(line, "reboot: Power down")) {
		*line = '\0';
		line = last(text);
	}
	if (strlen(line) > LINE_MAX_BYTES)
		line[LINE_MAX_BYTES] = '\0';
	rc_str_to_line(line);
	line = rc_strdup(line);
	free(text);
	return line;
}

/* The words of the firmware, a boot loader, the kernel, an initramfs and systemd: all then wait for
 * a person. */
bool
rc_serial_is_end(const char *line)
{
	static const char *const ends[] = { "No bootable device", "grub rescue>",
		"Kernel panic - not syncing", "end Kernel panic", "(initramfs)",
		"Press Enter for maintenance" };

	for (size_t i = 0; i < RC_COUNT(ends); i++)
		if (strstr(line, ends[i]))
			return true;
	return false;
}
