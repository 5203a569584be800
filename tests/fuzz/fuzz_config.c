/* The configuration: whatever is taken keeps what the rest of the program relies on. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/config.h"
#include "core/limits.h"
#include "core/name.h"
#include "core/network_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* Errors name the file first, and are one harmless line. */
static void
check_error(const struct rc_error *err)
{
	must(err->code == RC_USAGE && rc_str_starts(err->text, "F:"));
	for (const char *c = err->text; *c; c++)
		must((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_str_release) char *text = rc_strndup((const char *)data, size);
	scoped(rc_config_release) struct rc_config config = { 0 };
	struct rc_error err = { 0 };

	if (rc_config_parse(&config, text, "F", &err) < 0) {
		check_error(&err);
		return 0;
	}
	must(rc_config_profile(&config, config.profile) != NULL);
	must(rc_config_profile(&config, "default") != NULL);
	must(config.pool_path[0] == '/' && *config.url && *config.connect && *config.image);
	must(!config.templates || config.templates[0] == '/');
	must(config.concurrent > 0 && config.drain_timeout > 0 && config.maximum_timeout >= 0);
	must(config.group >= 0 && config.project >= 0 && (!config.group || !config.project));
	must(rc_network_address_check(config.address, &err) == 0);
	for (size_t i = 0; i < config.profile_count; i++) {
		must(rc_name_check(config.profiles[i].name, &err) == 0);
		must(rc_limits_check(&config.profiles[i].limits, &err) == 0);
	}
	return 0;
}
