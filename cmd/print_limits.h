/* Limits, for people and for programs: what the table in core/limits.h says. */
#ifndef RC_CMD_PRINT_LIMITS_H
#define RC_CMD_PRINT_LIMITS_H

#include <cjson/cJSON.h>

#include "core/appliance.h"

/* "limits" and "wanted": what it has, and what only the next generation gets. */
void rc_json_limits(cJSON *to, const struct rc_appliance *appliance);

/* "changed": what is in force since. */
void rc_json_changed(cJSON *to, const struct rc_limits *changed);

/* "cpu-cap 0.5, net-in none": what a wish says; NULL: nothing.  The caller frees. */
char *rc_limits_text(const struct rc_limits *wish);
/*
 * Lines of status, each NULL if there is nothing to say: the caps of its disk, of its network,
 * and what is wanted.  The caller frees.
 */
char *rc_limits_disk_line(const struct rc_limits *limits);
char *rc_limits_traffic_line(const struct rc_limits *limits);
char *rc_limits_processes_line(const struct rc_limits *limits);
char *rc_limits_wanted_line(const struct rc_appliance *appliance);

#endif
