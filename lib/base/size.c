/* Numbers, sizes and durations: strict readers (the whole text or an error), short writers. */
#include "base/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_HINT "write a number and a unit, such as 512MiB or 4GiB"
#define DURATION_HINT "write a number and a unit, such as 90s, 30m, 2h or 7d"

/* Digits only: strtoll also takes blanks, signs and 0x. */
int
rc_number_parse(int64_t *ret, const char *text, int64_t max, struct rc_error *err)
{
	int64_t number = 0;
	const char *c = text;

	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *c - '0', &number))
			break;
	if (*c || number < 1 || number > max)
		return rc_fail(
		    err, RC_USAGE, "'%s' is not a whole number from 1 to %" PRId64, text, max);
	*ret = number;
	return 0;
}

/* The power of 1024 that a suffix means, or -1. */
static int
size_exponent(const char *suffix)
{
	static const char units[] = "KMGT";
	const char *unit = *suffix ? strchr(units, toupper((unsigned char)*suffix)) : NULL;

	if (!unit || (suffix[1] && strcmp(suffix + 1, "iB") != 0 && strcmp(suffix + 1, "B") != 0))
		return -1;
	return (int)(unit - units) + 1;
}

/*
 * Digits with at most three decimals, as thousandths; no sign, no exponent:
 * what strtod accepts besides (1e9, 0x1p3, inf) is never what a person meant.
 */
static int
read_thousandths(uint64_t *ret, const char *text, const char **ret_end)
{
	uint64_t whole = 0, part = 0;
	int digits = 0, decimals = 0;

	for (; isdigit((unsigned char)*text); text++, digits++) {
		if (digits == 12)
			return -1;
		whole = whole * 10 + (uint64_t)(*text - '0');
	}
	if (*text == '.' && digits && isdigit((unsigned char)text[1]))
		for (text++; isdigit((unsigned char)*text) && decimals < 3; text++, decimals++)
			part = part * 10 + (uint64_t)(*text - '0');
	for (; decimals < 3; decimals++)
		part *= 10;
	*ret = whole * 1000 + part;
	*ret_end = text;
	return digits ? 0 : -1;
}

int
rc_size_parse(uint64_t *ret, const char *text, struct rc_error *err)
{
	uint64_t thousandths;
	const char *suffix;
	int exponent;

	if (read_thousandths(&thousandths, text, &suffix) < 0 ||
	    (exponent = size_exponent(suffix)) < 0) {
		rc_fail(err, RC_USAGE, "'%s' is not a size", text);
		return rc_hint(err, SIZE_HINT);
	}
	if (thousandths == 0)
		return rc_fail(err, RC_USAGE, "'%s' is not a size: it is zero", text);
	for (int i = 0; i < exponent; i++)
		if (__builtin_mul_overflow(thousandths, 1024, &thousandths))
			return rc_fail(err, RC_USAGE, "'%s' is too large", text);
	*ret = thousandths / 1000;
	return 0;
}

char *
rc_size_format(char buf[16], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1024;
	snprintf(buf, 16, value < 10 && unit && value != (double)(int)value ? "%.1f %s" : "%.0f %s",
	    value, units[unit]);
	return buf;
}

bool
rc_percent_read(unsigned *ret, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits < 1 || digits > 2 || strcmp(text + digits, "%") != 0)
		return false;
	*ret = (unsigned)strtoul(text, NULL, 10);
	return true;
}

int
rc_duration_parse(int64_t *ret, const char *text, struct rc_error *err)
{
	static const struct {
		const char *suffix;
		int64_t seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	uint64_t thousandths;
	const char *suffix;

	if (read_thousandths(&thousandths, text, &suffix) == 0)
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (strcmp(suffix, units[i].suffix) != 0)
				continue;
			if (thousandths / 1000 > 3650 * INT64_C(86400) / (uint64_t)units[i].seconds)
				return rc_fail(
				    err, RC_USAGE, "'%s' is longer than ten years", text);
			*ret = (int64_t)thousandths * units[i].seconds / 1000;
			return 0;
		}
	rc_fail(err, RC_USAGE, "'%s' is not a duration", text);
	return rc_hint(err, DURATION_HINT);
}

char *
rc_duration_format(char buf[16], int64_t seconds)
{
	/* 9999 days are enough for anybody, and all that fits. */
	const int64_t most = INT64_C(9999) * 86400;
	int s = (int)(seconds < 0 ? 0 : seconds > most ? most : seconds);

	if (s < 60)
		snprintf(buf, 16, "%ds", s);
	else if (s < 3600)
		snprintf(buf, 16, "%dm %02ds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, 16, "%dh %02dm", s / 3600, s % 3600 / 60);
	else
		snprintf(buf, 16, "%dd %dh", s / 86400, s % 86400 / 3600);
	return buf;
}
