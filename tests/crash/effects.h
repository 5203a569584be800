/* Every call that librunnerctl changes the outside world with: type, failure, name, parameters,
 * arguments. */
#ifndef RC_CRASH_EFFECTS_H
#define RC_CRASH_EFFECTS_H

/* clang-format off */
#define RC_VIRT_EFFECTS(EFFECT)                                                                     \
	EFFECT(int, -1, virDomainAgentSetResponseTimeout, (virDomainPtr a, int b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virDomainFSTrim, (virDomainPtr a, const char *b, unsigned long long c, unsigned d), (a, b, c, d)) \
	EFFECT(int, -1, virDomainSetMemoryFlags, (virDomainPtr a, unsigned long b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virDomainCreate, (virDomainPtr a), (a))                                         \
	EFFECT(virDomainPtr, NULL, virDomainCreateXML, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(virDomainPtr, NULL, virDomainDefineXMLFlags, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virDomainDestroy, (virDomainPtr a), (a))                                        \
	EFFECT(int, -1, virDomainResume, (virDomainPtr a), (a)) \
	EFFECT(int, -1, virDomainSetAutostart, (virDomainPtr a, int b), (a, b))                         \
	EFFECT(int, -1, virDomainSetBlockIoTune, (virDomainPtr a, const char *b, virTypedParameterPtr c, int d, unsigned e), (a, b, c, d, e)) \
	EFFECT(int, -1, virDomainSetInterfaceParameters, (virDomainPtr a, const char *b, virTypedParameterPtr c, int d, unsigned e), (a, b, c, d, e)) \
	EFFECT(int, -1, virDomainSetSchedulerParametersFlags, (virDomainPtr a, virTypedParameterPtr b, int c, unsigned d), (a, b, c, d)) \
	EFFECT(int, -1, virDomainSetMetadata, (virDomainPtr a, int b, const char *c, const char *d, const char *e, unsigned f), (a, b, c, d, e, f)) \
	EFFECT(int, -1, virDomainShutdownFlags, (virDomainPtr a, unsigned b), (a, b))                   \
	EFFECT(int, -1, virDomainUndefineFlags, (virDomainPtr a, unsigned b), (a, b))                   \
	EFFECT(int, -1, virDomainUpdateDeviceFlags, (virDomainPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(virNWFilterBindingPtr, NULL, virNWFilterBindingCreateXML, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virNWFilterBindingDelete, (virNWFilterBindingPtr a), (a))                       \
	EFFECT(virNWFilterPtr, NULL, virNWFilterDefineXMLFlags, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virNWFilterUndefine, (virNWFilterPtr a), (a))                                       \
	EFFECT(int, -1, virNetworkCreate, (virNetworkPtr a), (a))                                       \
	EFFECT(virNetworkPtr, NULL, virNetworkDefineXMLFlags, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virNetworkSetAutostart, (virNetworkPtr a, int b), (a, b))                       \
	EFFECT(int, -1, virNetworkUpdate, (virNetworkPtr a, unsigned b, unsigned c, int d, const char *e, unsigned f), (a, b, c, d, e, f)) \
	EFFECT(virSecretPtr, NULL, virSecretDefineXML, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virSecretSetValue, (virSecretPtr a, const unsigned char *b, size_t c, unsigned d), (a, b, c, d)) \
	EFFECT(int, -1, virSecretUndefine, (virSecretPtr a), (a))                                       \
	EFFECT(int, -1, virStoragePoolBuild, (virStoragePoolPtr a, unsigned b), (a, b))                 \
	EFFECT(int, -1, virStoragePoolCreate, (virStoragePoolPtr a, unsigned b), (a, b))                \
	EFFECT(virStoragePoolPtr, NULL, virStoragePoolDefineXML, (virConnectPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virStoragePoolSetAutostart, (virStoragePoolPtr a, int b), (a, b))               \
	EFFECT(virStorageVolPtr, NULL, virStorageVolCreateXML, (virStoragePoolPtr a, const char *b, unsigned c), (a, b, c)) \
	EFFECT(int, -1, virStorageVolDelete, (virStorageVolPtr a, unsigned b), (a, b))                  \
	EFFECT(int, -1, virStorageVolUpload, (virStorageVolPtr a, virStreamPtr b, unsigned long long c, unsigned long long d, unsigned e), (a, b, c, d, e)) \
	EFFECT(int, -1, virStreamFinish, (virStreamPtr a), (a))

#define RC_OTHER_EFFECTS(EFFECT)                                                                    \
	EFFECT(CURLcode, CURLE_COULDNT_CONNECT, curl_easy_perform, (CURL * a), (a))                     \
	EFFECT(int, -1, guestfs_launch, (guestfs_h * a), (a))                                           \
	EFFECT(int, -1, guestfs_shutdown, (guestfs_h * a), (a))

/* Of the C library only what librunnerctl itself calls; all else in the process uses it too. */
#define RC_FILE_EFFECTS(EFFECT)                                                                     \
	EFFECT(int, -1, mkdir, (const char *a, mode_t b), (a, b))                                       \
	EFFECT(char *, NULL, mkdtemp, (char *a), (a))                                                   \
	EFFECT(int, -1, mkostemp, (char *a, int b), (a, b))                                             \
	EFFECT(int, -1, remove, (const char *a), (a))                                                   \
	EFFECT(int, -1, rename, (const char *a, const char *b), (a, b))                                 \
	EFFECT(int, -1, rmdir, (const char *a), (a))                                                    \
	EFFECT(int, -1, unlink, (const char *a), (a))
/* clang-format on */

#endif
