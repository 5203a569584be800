/* The fake host's guests, as far as their agents tell: they ask for work. */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "fake_host.h"
#include "host/clock.h"
#include "host/virt.h"

/* Threads ask side by side: no calls with numbers, and nothing is written but that there is a job.
 */
int
rc_virt_agent(
    struct rc_virt *virt, const char *uuid, const char *command, char **ret, struct rc_error *err)
{
	static const char polling[] = RC_TESTS "/fuzz/seeds/guest_status/polling.json";
	struct fake_domain *d = fake_domain(uuid);
	scoped(rc_str_release) char *text = NULL;
	unsigned char coded[4096];
	char now[24];
	size_t size = 0;

	(void)virt;
	if (!d || !d->active || d->off_at || fake_host->dumb || !*d->token)
		return rc_fail(err, RC_FAILED, "no agent");
	if (strstr(command, "guest-file-open"))
		*ret = rc_strdup("{\"return\":1000}");
	else if (!strstr(command, "guest-file-read"))
		*ret = rc_strdup("{\"return\":{}}");
	if (*ret)
		return 0;
	if (rc_file_read(&text, &size, polling, 2048, err) < 0)
		abort();
	snprintf(now, sizeof(now), "%010lld", (long long)rc_clock_now());
	memcpy(strstr(text, "\"time\":") + 7, now, 10);
	*(strstr(text, "\"jobs\":") + 7) = fake_host->job_time > 0 ? '1' : '0';
	EVP_EncodeBlock(coded, (const unsigned char *)text, (int)size);
	*ret = rc_format("{\"return\":{\"count\":%zu,\"buf-b64\":\"%s\",\"eof\":true}}", size,
	    (const char *)coded);
	d->job = fake_host->job_time > 0;
	return 0;
}
