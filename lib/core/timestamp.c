/*
 * ISO 8601 in the few shapes that GitLab uses, read strictly: strptime() is
 * lenient, knows no fractions, and differs between C libraries.
 */
#include "core/timestamp.h"

#include <stdbool.h>
#include <time.h>

/* Takes exactly count digits with a value from min to max. */
static bool
take_number(const char **at, int count, int min, int max, int *ret)
{
	int value = 0;

	for (; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	return value >= min && value <= max;
}

static bool
take(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* ".123" of any length, or nothing. */
static bool
take_fraction(const char **at)
{
	int ignored;

	if (!take(at, '.'))
		return true;
	if (!take_number(at, 1, 0, 9, &ignored))
		return false;
	while (**at >= '0' && **at <= '9')
		(*at)++;
	return true;
}

/* "Z", "+02:00" or "+0200": seconds ahead of UTC. */
static bool
take_offset(const char **at, int *ret)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*ret = 0;
	if (take(at, 'Z'))
		return true;
	if (!take(at, '+') && !take(at, '-'))
		return false;
	if (!take_number(at, 2, 0, 23, &hours))
		return false;
	take(at, ':');
	if (!take_number(at, 2, 0, 59, &minutes))
		return false;
	*ret = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool
take_date(const char **at, struct tm *tm)
{
	if (!take_number(at, 4, 1970, 9999, &tm->tm_year) || !take(at, '-') ||
	    !take_number(at, 2, 1, 12, &tm->tm_mon) || !take(at, '-') ||
	    !take_number(at, 2, 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

/* Second 60 is a leap second and becomes the next minute's first. */
static bool
take_time(const char **at, struct tm *tm)
{
	return take_number(at, 2, 0, 23, &tm->tm_hour) && take(at, ':') &&
	       take_number(at, 2, 0, 59, &tm->tm_min) && take(at, ':') &&
	       take_number(at, 2, 0, 60, &tm->tm_sec) && take_fraction(at);
}

int
rc_timestamp_parse(int64_t *ret, const char *text, struct rc_error *err)
{
	struct tm tm = { 0 };
	const char *at = text;
	int offset = 0, day;
	bool good = take_date(&at, &tm);
	int64_t seconds;

	if (good && *at)
		good = (take(&at, 'T') || take(&at, ' ')) && take_time(&at, &tm) &&
		       take_offset(&at, &offset) && !*at;
	day = tm.tm_mday;
	if (good) {
		/* timegm() makes 31 April the first of May; midnight keeps a leap second out of it.
		 */
		struct tm date = { .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = day };

		(void)timegm(&date);
		good = date.tm_mday == day;
	}
	seconds = good ? (int64_t)timegm(&tm) - offset : 0;
	if (!good || seconds < 0)
		return rc_fail(err, RC_FAILED, "\"%.40s\" is not a time in ISO 8601", text);
	*ret = seconds;
	return 0;
}
