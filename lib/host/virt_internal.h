/* Shared by the files that make up the door to libvirt; nobody else includes it. */
#ifndef RC_HOST_VIRT_INTERNAL_H
#define RC_HOST_VIRT_INTERNAL_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "host/virt.h"

#define RC_AGENT_TIMEOUT 5 /* seconds; a busy emulated guest answers in one or two */

struct rc_virt {
	virConnectPtr connection;
	bool local;
};

/*
 * Every vir*Free() wipes the thread's last libvirt error and treats NULL as an
 * error of its own.  So: copy the error with rc_fail_virt() where the call
 * failed, and let the scope release the handle afterwards.
 */
RC_RELEASER(rc_domain_handle_release, virDomainPtr, virDomainFree)
RC_RELEASER(rc_secret_handle_release, virSecretPtr, virSecretFree)
RC_RELEASER(rc_pool_handle_release, virStoragePoolPtr, virStoragePoolFree)
RC_RELEASER(rc_volume_handle_release, virStorageVolPtr, virStorageVolFree)
RC_RELEASER(rc_network_handle_release, virNetworkPtr, virNetworkFree)
RC_RELEASER(rc_filter_handle_release, virNWFilterPtr, virNWFilterFree)
RC_RELEASER(rc_stream_handle_release, virStreamPtr, virStreamFree)

/* libvirt's last error of this thread as ours; -1. */
int rc_fail_virt(struct rc_error *err, const char *fmt, ...) RC_PRINTF(2, 3);
/* The last error's code is the one given: branch on codes, never on texts. */
bool rc_virt_error_is(int code);

/* What libvirt tells of it, into domain. */
void rc_virt_stats_read(struct rc_domain *domain, const virDomainStatsRecord *record);

/* A new raw volume of our pool. */
int rc_virt_volume_raw(struct rc_virt *virt, const char *name, uint64_t capacity, bool secret,
    virStorageVolPtr *ret, struct rc_error *err);
/* *ret is NULL if there is none. */
int rc_virt_volume_find(
    struct rc_virt *virt, const char *name, virStorageVolPtr *ret, struct rc_error *err);

#endif
