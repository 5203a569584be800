/*
 * The verbs' shared object.  It is never unloaded: libraries below it have
 * threads and exit handlers.
 */
#include "cmd/load.h"

#include <dlfcn.h>
#include <string.h>

#define REINSTALL "runnerctl and " RC_VERBS_OBJECT " belong together: install both again"

int
rc_load(const struct rc_verbs **ret, struct rc_error *err)
{
	void *object = dlopen(RC_VERBS_OBJECT, RTLD_NOW | RTLD_LOCAL);
	const struct rc_verbs *verbs = object ? dlsym(object, RC_VERBS_SYMBOL) : NULL;

	if (!verbs) {
		rc_fail(err, RC_HOST, "cannot load the verbs: %s", dlerror());
		return rc_hint(err, REINSTALL);
	}
	if (strcmp(verbs->version, RC_VERSION) != 0) {
		rc_fail(err, RC_HOST, "runnerctl is version " RC_VERSION ", its %s is %s",
		    RC_VERBS_OBJECT, verbs->version);
		return rc_hint(err, REINSTALL);
	}
	*ret = verbs;
	return 0;
}
