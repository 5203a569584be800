/* One generation, from a name to a complete appliance: what create and rotate share. */
#ifndef RC_OPS_GENERATION_H
#define RC_OPS_GENERATION_H

#include "ops/admission.h"
#include "ops/images.h"
#include "ops/making.h"

/* What the host gives to all generations that one run makes. */
struct rc_ground {
	struct rc_session *session;
	bool emulate;
	struct {
		char *text, *origin;
	} templates[RC_LAYOUTS];
	char *template_hash; /* of all of them */
	char *host;          /* tells this host from others; NULL when it was only looked at */
};

/* Looks, and changes nothing but the pool, which images need; only_look: not even that. */
RC_MUST_CHECK int rc_ground_survey(
    struct rc_ground *ret, struct rc_session *session, bool only_look, struct rc_error *err);
/* Then: the network is made if absent. */
RC_MUST_CHECK int rc_ground_lay(struct rc_ground *ground, bool only_look, struct rc_error *err);
void rc_ground_release(struct rc_ground *ground);

/* The work comes first, so that steps can look behind it.  All but the work is borrowed. */
struct rc_creation {
	struct rc_work work;
	const struct rc_ground *ground;
	const struct rc_image *image;
	enum rc_admittance admittance;
};

struct rc_generation_wish {
	const char *name;
	unsigned generation;
	const char *profile, *tags;
	const char *allow;       /* holes besides the configuration's, or NULL */
	struct rc_limits limits; /* all of them */
	struct rc_limits own;    /* those of them that a person gave; 0: the profile's */
};
/* Fills in the appliance that the steps will make; ground and image are set. */
void rc_creation_begin(struct rc_creation *creation, const struct rc_generation_wish *wish);

/* For works that are the beginning of a creation; the second also registers and starts, and the
 * third waits as well. */
extern const struct rc_step rc_create_steps[], rc_create_and_start_steps[],
    rc_create_and_register_steps[];

/* The domain's document as it would be defined, with the address it would get. */
RC_MUST_CHECK int rc_creation_xml(struct rc_work *work, char **ret, struct rc_error *err);

/* The same for an appliance whose address and filter are chosen already. */
RC_MUST_CHECK int rc_creation_document(struct rc_work *work, char **ret, struct rc_error *err);

#endif
