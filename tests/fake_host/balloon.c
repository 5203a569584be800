/* The fake host's guests give back what they are asked for; their figures are never known. */
#include "fake_host.h"
#include "host/virt_balloon.h"

int
rc_virt_balloon_set(struct rc_virt *virt, const char *uuid, uint64_t bytes, struct rc_error *err)
{
	(void)virt, (void)uuid, (void)bytes;
	return fake_call("set a balloon", err) ? 0 : -1;
}

int
rc_virt_balloon_get(struct rc_virt *virt, const char *uuid, uint64_t *ret, struct rc_error *err)
{
	(void)virt, (void)uuid;
	*ret = 0;
	return fake_call("ask for a balloon", err) ? 0 : -1;
}

/* Threads ask side by side: no call with a number. */
int
rc_virt_trim(struct rc_virt *virt, const char *uuid, int seconds, struct rc_error *err)
{
	(void)virt, (void)uuid, (void)seconds, (void)err;
	fake_host->trims++;
	return 0;
}
