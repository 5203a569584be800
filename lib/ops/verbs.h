/*
 * The verbs: everything the program can do, as functions that gather facts,
 * decide, act, and undo on failure.  They never print: results are structs,
 * progress goes to the run's listener.
 *
 * The table at the end is the one door between cmd/ and all below.  It lives
 * in a shared object that main loads only for a command that needs it: libvirt,
 * libguestfs and libcurl together take 18 ms to load, ten times what --help does.
 */
#ifndef RC_OPS_VERBS_H
#define RC_OPS_VERBS_H

#include <stddef.h>

#include "base/run.h"
#include "base/str.h"
#include "core/appliance.h"
#include "core/guest_status.h"
#include "core/probe_verdict.h"
#include "core/problem.h"
#include "core/setting.h"
#include "core/usage.h"

struct rc_session; /* configuration, connection, and the run */

struct rc_session_wish {
	const char *connect; /* libvirt URI, or NULL: the configuration's */
	const char *config;  /* path, or NULL: the default one, which may be missing */
	const char *accel;   /* auto, kvm, tcg, or NULL: the configuration's */
	const struct rc_run *run;
	bool writes; /* false: a read-only connection will do */
};

/* A token as the command line gave it: at most one member is set. */
struct rc_token_source {
	const char *value; /* on the command line (already wiped from the process's arguments) */
	const char *file;  /* a path, or "-": standard input */
};

/* What a runner shall be; NULL and 0 mean the configuration's. */
struct rc_registration_wish {
	struct rc_token_source token;
	const char *url, *ca_file, *tags;
	int64_t group, project;
	int64_t wait; /* seconds until the runner must ask for work; 0: do not wait */
	bool dry_run;
};

struct rc_create_wish {
	struct rc_strv names;
	const char *image, *profile;
	const char *allow;       /* holes besides the configuration's, or NULL */
	struct rc_limits limits; /* 0: the profile's */
	struct rc_registration_wish registration;
	bool force; /* whether there is room for it or not */
	bool dry_run;
	bool print_xml; /* only fill in the domain's XML; implies dry_run */
};

struct rc_register_wish {
	const char *name;
	struct rc_registration_wish registration;
	bool force; /* whether there is room for it or not */
};

struct rc_set_wish {
	struct rc_strv names;
	struct rc_setting_wish setting;
	bool dry_run;
};

struct rc_destroy_wish {
	struct rc_strv names;
	int64_t drain_timeout; /* seconds; -1: the configuration's */
	bool now;              /* no drain: running jobs are killed */
	bool forget;           /* go on when GitLab cannot be told */
	bool dry_run;
};

/* What became of one name. */
struct rc_outcome {
	char *name;
	bool ok;
	bool emulated;                 /* runs, or would run, without KVM: no security boundary */
	struct rc_error error;         /* when not ok; cmd/ puts the name in front of its text */
	struct rc_appliance appliance; /* as it is now; name is NULL if there is none (any more) */
	struct rc_strv plan;           /* dry run: one line a step */
	const char *did;               /* rotate: rotated, cleaned up, left, repaired; else NULL */
	char why[240];                 /* rotate: the reason for that, or "" */
	char *xml;                     /* print_xml */
	struct rc_limits changed;      /* set: those that are in force since; 0 the rest */
};
struct rc_outcomes {
	struct rc_outcome *items;
	size_t count;
};

/* Is a running appliance behind its filter, by the host's kernel? */
enum rc_confidence {
	RC_UNCHECKED,
	RC_ISOLATED,
	RC_UNREADABLE, /* the kernel's rules cannot be read from here */
	RC_OUTDATED,   /* the filter it is behind is not the one it should be behind */
	RC_CUT_OFF,    /* its link is down */
	RC_EXPOSED,
};

/* An appliance as seen from outside. */
struct rc_view {
	struct rc_appliance appliance;
	bool running;
	bool emulated;                /* without KVM: no security boundary */
	char *image_now;              /* what a new one would boot, NULL: not known; not by list */
	struct rc_usage usage;        /* of one that runs; what its guest says of it is checked */
	struct rc_pace pace;          /* status only */
	enum rc_confidence isolation; /* checked by status only, of one that runs */
	bool guest_known;             /* status only */
	struct rc_guest_status guest; /* checked */
	int64_t contacted;            /* when GitLab last heard of our manager, 0: unknown */
	struct rc_problems problems;
};
struct rc_views {
	struct rc_view *items;
	size_t count;
};

struct rc_rotate_wish {
	struct rc_strv names; /* none: all */
	bool all;             /* also those that are not due */
	bool dry_run;
	bool reset_token;         /* lent runners of those that are due get another one */
	const char *strategy;     /* auto, surge, replace, or NULL: the configuration's */
	int64_t max_age;          /* seconds; -1: the configuration's */
	int64_t drain_timeout;    /* seconds; -1: the configuration's */
	int64_t wait;             /* seconds to wait for another run */
	unsigned max_unavailable; /* 0: the configuration's */
};
struct rc_reclaim_wish {
	struct rc_strv names; /* none: all */
	bool dry_run;
};
/* What one appliance gave back, or (dry run) would be asked for; bytes on the host. */
struct rc_reclaimed {
	char *name;
	bool ok;
	struct rc_error error; /* when not ok */
	bool restored;         /* an interrupted run had left its balloon pumped up */
	bool pumped, trimmed;
	char why[120];                        /* not pumped: why, or "" */
	uint64_t memory_before, memory_after; /* RC_UNKNOWN: not known */
	uint64_t disk_before, disk_after;
};
struct rc_reclaimeds {
	struct rc_reclaimed *items;
	size_t count;
};

struct rc_rotation {
	struct rc_outcomes outcomes; /* of what was due, or stood in the way */
	size_t kept;                 /* appliances that are as they should be */
	char *busy;                  /* another rotation is under way: nothing was done */
	struct rc_reclaimeds reclaimed;
};

enum rc_check_result { RC_CHECK_OK, RC_CHECK_FIXED, RC_CHECK_NOTE, RC_CHECK_BAD };

/* One line of doctor, or of an image that was booted. */
struct rc_check {
	const char *code; /* a stable word */
	char *about;      /* the appliance's domain, or NULL: the host */
	enum rc_check_result verdict;
	char *text;
	char *hint; /* what to do about it; may be NULL or "" */
};
struct rc_checks {
	struct rc_check *items;
	size_t count;
};

struct rc_gc_wish {
	bool dry_run;
};

/* Something of ours that belongs to nothing. */
struct rc_find {
	const char *kind; /* domain, volume, file, secret, address, filter, runner, GitLab */
	char *name;
	bool removed;          /* or, on a dry run, would be */
	struct rc_error error; /* when it is still there */
};
struct rc_finds {
	struct rc_find *items;
	size_t count;
	bool gitlab_asked; /* false: no access token is at hand, or it failed */
};

struct rc_verify_wish {
	const char *name; /* of the appliance whose filter and image are used; NULL: a new one's */
	const char *internet; /* ADDRESS:PORT that must answer; NULL: GitLab's */
};
struct rc_verify_line {
	char *code, *target;
	bool works; /* it must work; else it must fail */
	enum rc_verdict verdict;
	char *detail;
};
struct rc_verification {
	struct rc_verify_line *lines;
	size_t count;
	char *filter, *image;
	bool watched;  /* the host's links were looked at; else only answers tell */
	bool emulated; /* the machine that probed had no KVM */
};

struct rc_logs_wish {
	const char *name;
	unsigned lines; /* of the last ones */
	bool follow;    /* and those that come, until it is off or the run shall end */
	void (*line)(void *context, const char *text); /* the guest's bytes */
	void *context;
};

struct rc_image_wish {
	const char *name; /* NULL: "appliance" */
	const char *suite, *mirror;
	const char *runner_deb, *runner_binary, *runner_version;
	struct rc_strv packages, preloads;
	bool dry_run;
};

/* An image that was made elsewhere: a directory of layout "appliance", or a disk. */
struct rc_import_wish {
	const char *bundle;      /* a directory */
	const char *disk;        /* instead: a file of layout "disk" ... */
	const char *format;      /* ... raw or qcow2 */
	const char *manifest;    /* what is known of the disk, or NULL */
	unsigned root_partition; /* of the disk; 0: the manifest's, or the only one */
	const char *name;
	const char *signature, *keyring; /* both or none: of its manifest */
	bool dry_run;
};

struct rc_image_remove_wish {
	struct rc_strv references; /* NAME@VERSION each */
	bool unused;               /* instead: all that no domain uses */
	unsigned keep;             /* of those, but for so many newest versions of each name */
	bool dry_run;
};

struct rc_image_view {
	char *name, *version, *architecture;
	const char *layout;             /* appliance or disk */
	char *kernel, *docker, *runner; /* versions; may be NULL */
	int64_t created;
	uint64_t size;    /* bytes of all its files */
	unsigned used_by; /* domains, anybody's */
	bool outdated;    /* there is a newer version of this name */
};
struct rc_image_views {
	struct rc_image_view *items;
	size_t count;
};

void rc_outcomes_release(struct rc_outcomes *outcomes);
void rc_views_release(struct rc_views *views);
void rc_image_views_release(struct rc_image_views *views);

struct rc_verbs {
	const char *version; /* must equal the program's */
	int (*open)(
	    struct rc_session **ret, const struct rc_session_wish *wish, struct rc_error *err);
	void (*close)(struct rc_session *session);

	/*
	 * Several names: each has its outcome; the return is -1 only if nothing could
	 * be tried at all, and then *ret is untouched.
	 */
	int (*create)(struct rc_session *session, const struct rc_create_wish *wish,
	    struct rc_outcomes *ret, struct rc_error *err);
	int (*enrol)(struct rc_session *session, const struct rc_register_wish *wish,
	    struct rc_outcomes *ret, struct rc_error *err);
	int (*set)(struct rc_session *session, const struct rc_set_wish *wish,
	    struct rc_outcomes *ret, struct rc_error *err);
	int (*destroy)(struct rc_session *session, const struct rc_destroy_wish *wish,
	    struct rc_outcomes *ret, struct rc_error *err);

	int (*rotate)(struct rc_session *session, const struct rc_rotate_wish *wish,
	    struct rc_rotation *ret, struct rc_error *err);
	int (*reclaim)(struct rc_session *session, const struct rc_reclaim_wish *wish,
	    struct rc_reclaimeds *ret, struct rc_error *err);
	/* Finds that another run is at are left out. */
	int (*doctor)(
	    struct rc_session *session, bool fix, struct rc_checks *ret, struct rc_error *err);
	int (*gc)(struct rc_session *session, const struct rc_gc_wish *wish, struct rc_finds *ret,
	    struct rc_error *err);

	/* 0 also when something leaks: the lines tell. */
	int (*verify)(struct rc_session *session, const struct rc_verify_wish *wish,
	    struct rc_verification *ret, struct rc_error *err);

	int (*list)(struct rc_session *session, struct rc_views *ret, struct rc_error *err);
	/* name NULL: all; asks guests and GitLab too. */
	int (*status)(struct rc_session *session, const char *name, struct rc_views *ret,
	    struct rc_error *err);
	/* All, as status, in bounded time: GitLab is not asked, and slow guests are not waited for.
	 */
	int (*survey)(struct rc_session *session, struct rc_views *ret, struct rc_error *err);

	int (*logs)(
	    struct rc_session *session, const struct rc_logs_wish *wish, struct rc_error *err);

	/* *ret gets the one image, or on a dry run none: then *ret_plan has a line a step. */
	int (*image_build)(struct rc_session *session, const struct rc_image_wish *wish,
	    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err);
	int (*image_import)(struct rc_session *session, const struct rc_import_wish *wish,
	    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err);
	int (*image_list)(
	    struct rc_session *session, struct rc_image_views *ret, struct rc_error *err);

	/* Outcomes as above, under the images' references; the appliance stays empty. */
	int (*image_remove)(struct rc_session *session, const struct rc_image_remove_wish *wish,
	    struct rc_outcomes *ret, struct rc_error *err);
	/* No references: all images. */
	int (*image_verify)(struct rc_session *session, const struct rc_strv *references,
	    struct rc_outcomes *ret, struct rc_error *err);

	/* Boots it, without a runner; 0 also when it does not do what it must: the lines tell. */
	int (*image_boot)(struct rc_session *session, const char *reference, struct rc_checks *ret,
	    struct rc_error *err);

	void (*release_outcomes)(struct rc_outcomes *outcomes);
	void (*release_rotation)(struct rc_rotation *rotation);
	void (*release_reclaimeds)(struct rc_reclaimeds *reclaimeds);
	void (*release_checks)(struct rc_checks *checks);
	void (*release_finds)(struct rc_finds *finds);
	void (*release_verification)(struct rc_verification *verification);
	void (*release_views)(struct rc_views *views);
	void (*release_image_views)(struct rc_image_views *views);
};

/* What main asks dlsym() for. */
#define RC_VERBS_SYMBOL "rc_verbs"
#define RC_VERBS_OBJECT "librunnerctl.so"

#endif
