/* One appliance, told in full: what it is, what it takes, what is wrong, what to do next. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"
#include "cmd/print.h"
#include "cmd/print_limits.h"
#include "cmd/text.h"

static void RC_PRINTF(3, 4) row(const struct rc_page *page, const char *label, const char *fmt, ...)
{
	char text[600];
	scoped(rc_str_release) char *clean = NULL;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	clean = rc_text_clean(text);
	fprintf(page->out, "  %s%-9s%s %s\n", rc_hue_on(&page->terminal, RC_HUE_FAINT), label,
	    rc_hue_off(&page->terminal, RC_HUE_FAINT), clean);
}

/* " and so much of it is full inside": an estimate of the guest's, so never more than 100%. */
static void
format_full(char buf[32], const struct rc_view *view)
{
	const struct rc_guest_status *guest = &view->guest;
	double used = (double)guest->disk_used;

	buf[0] = '\0';
	if (view->guest_known && guest->disk_size && guest->disk_used <= guest->disk_size)
		snprintf(buf, 32, "; %.0f%% full inside", 100 * used / (double)guest->disk_size);
}

static void
print_runner(const struct rc_page *page, const struct rc_view *view)
{
	const struct rc_appliance *a = &view->appliance;
	char span[16];

	if (a->ownership == RC_RUNNER_NONE) {
		row(page, "runner", "none");
		return;
	}
	row(page, "runner", "#%" PRId64 " %s, at %s", a->runner_id, rc_ownership_name(a->ownership),
	    a->url ? a->url : "-");
	if (a->tags && *a->tags)
		row(page, "tags", "%s", a->tags);
	if (view->contacted)
		row(page, "contact", "%s ago",
		    rc_duration_format(span, page->now - view->contacted));
	if (a->token_expires > page->now)
		row(page, "token", "expires in %s",
		    rc_duration_format(span, a->token_expires - page->now));
	else if (a->token_expires)
		row(page, "token", "expired");
}

static void
print_guest(const struct rc_page *page, const struct rc_view *view)
{
	const struct rc_guest_status *guest = &view->guest;
	char span[16], freed[16];

	if (!view->guest_known)
		return;
	row(page, "guest", "runner %s, docker %s, up %s", guest->runner, guest->docker,
	    rc_duration_format(span, (int64_t)guest->uptime));
	row(page, "jobs", "%u", guest->jobs);
	if (guest->guard_last && guest->guard_last <= page->now)
		row(page, "cleaned", "%s ago, %s freed inside",
		    rc_duration_format(span, page->now - guest->guard_last),
		    rc_size_format(freed, guest->guard_freed));
}

/* "431 MiB", or "-" for what is not known. */
static const char *
size_or_dash(char buf[16], uint64_t bytes)
{
	return bytes == RC_UNKNOWN ? "-" : rc_size_format(buf, bytes);
}

static void
print_cpus(const struct rc_page *page, const struct rc_view *view)
{
	const struct rc_limits *limits = &view->appliance.limits;
	char span[16];

	row(page, "cpus", "%u, together at most %.4g of the host's; weight %u", limits->cpus,
	    limits->cpu_cap ? limits->cpu_cap / 100.0 : limits->cpus, limits->cpu_weight);
	if (!view->running || view->usage.cpu == RC_UNKNOWN)
		return;
	rc_duration_format(span, (int64_t)(view->usage.cpu / 1000000000));
	if (view->pace.seconds > 0 && view->pace.cpus >= 0)
		row(page, "cpu", "%.2f of the host's now; %s since its start", view->pace.cpus,
		    span);
	else
		row(page, "cpu", "%s since its start", span);
}

static void
print_sizes(const struct rc_page *page, const struct rc_view *view)
{
	const struct rc_limits *limits = &view->appliance.limits;
	uint64_t inside = rc_usage_guest_used(&view->usage);
	char taken[16], limit[16], used[16], full[32];

	rc_size_format(limit, limits->memory);
	if (view->running)
		row(page, "memory", "%s on the host, of %s; %s used inside",
		    size_or_dash(taken, view->usage.memory), limit, size_or_dash(used, inside));
	else
		row(page, "memory", "at most %s", limit);
	rc_size_format(limit, limits->disk);
	format_full(full, view);
	if (view->running)
		row(page, "disk", "%s on the host, of %s%s", size_or_dash(taken, view->usage.disk),
		    limit, full);
	else
		row(page, "disk", "at most %s", limit);
}

/* What comes in and goes out, and how fast. */
struct flow {
	const char *label, *in, *out;
	uint64_t total_in, total_out;
	double pace_in, pace_out;
};

static void
print_flow(const struct rc_page *page, const struct rc_view *view, const struct flow *flow)
{
	char total_in[16], total_out[16], in[16], out[16];

	if (!view->running || flow->total_in == RC_UNKNOWN || flow->total_out == RC_UNKNOWN)
		return;
	rc_size_format(total_in, flow->total_in);
	rc_size_format(total_out, flow->total_out);
	if (view->pace.seconds > 0 && flow->pace_in >= 0 && flow->pace_out >= 0)
		row(page, flow->label, "%s/s %s, %s/s %s; %s and %s since its start",
		    rc_size_format(in, (uint64_t)flow->pace_in), flow->in,
		    rc_size_format(out, (uint64_t)flow->pace_out), flow->out, total_in, total_out);
	else
		row(page, flow->label, "%s %s, %s %s since its start", total_in, flow->in,
		    total_out, flow->out);
}

static void
print_flows(const struct rc_page *page, const struct rc_view *view)
{
	const struct rc_usage *usage = &view->usage;
	const struct rc_pace *pace = &view->pace;

	print_flow(page, view,
	    &(struct flow){
		"i/o", "read", "written", usage->read, usage->written, pace->read, pace->written });
	print_flow(page, view,
	    &(struct flow){ "traffic", "received", "sent", usage->received, usage->sent,
		pace->received, pace->sent });
}

static void
print_line(const struct rc_page *page, const char *label, char *text)
{
	scoped(rc_str_release) char *owned = text;

	if (owned)
		row(page, label, "%s", owned);
}

/* Those that there need not be, and what the next generation gets. */
static void
print_caps(const struct rc_page *page, const struct rc_appliance *a)
{
	print_line(page, "i/o cap", rc_limits_disk_line(&a->limits));
	print_line(page, "net cap", rc_limits_traffic_line(&a->limits));
	print_line(page, "processes", rc_limits_processes_line(&a->limits));
	print_line(page, "wanted", rc_limits_wanted_line(a));
}

static void
print_image(const struct rc_page *page, const struct rc_view *view)
{
	const char *image = view->appliance.image ? view->appliance.image : "-";

	if (view->image_now && strcmp(view->image_now, image) != 0)
		row(page, "image", "%s; a new one would boot %s", image, view->image_now);
	else
		row(page, "image", "%s", image);
}

static void
print_age(const struct rc_page *page, const struct rc_appliance *a)
{
	time_t created = (time_t)a->created;
	char span[16], date[32] = "-";
	struct tm utc;

	if (a->created <= 0)
		return;
	if (gmtime_r(&created, &utc))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &utc);
	row(page, "age", "%s, since %s", rc_duration_format(span, page->now - a->created), date);
	if (a->state == RC_STATE_DRAINING && a->drain_begun)
		row(page, "drain", "for %s", rc_duration_format(span, page->now - a->drain_begun));
}

void
rc_print_view(const struct rc_page *page, const struct rc_view *view)
{
	const struct rc_terminal *terminal = &page->terminal;
	const struct rc_appliance *a = &view->appliance;

	fprintf(page->out, "%s%s%s  %s%s%s\n", rc_hue_on(terminal, RC_HUE_BOLD), a->name,
	    rc_hue_off(terminal, RC_HUE_BOLD), rc_view_state(view), view->emulated ? " " : "",
	    view->emulated ? RC_EMULATED : "");
	print_runner(page, view);
	print_guest(page, view);
	print_image(page, view);
	row(page, "profile", "%s", a->profile ? a->profile : "-");
	print_cpus(page, view);
	print_sizes(page, view);
	print_flows(page, view);
	print_caps(page, &view->appliance);
	row(page, "network", "%s%s%s, %s", a->ip ? a->ip : "-", a->ip6 ? ", " : "",
	    a->ip6 ? a->ip6 : "", a->mac ? a->mac : "-");
	if (a->filter)
		row(page, "filter", "%s%s", a->filter,
		    view->isolation == RC_ISOLATED ? ", in force" : "");
	if (a->holes && *a->holes)
		row(page, "holes", "%s", a->holes);
	row(page, "domain", "%s.%u, %s", a->name, a->generation, a->uuid);
	print_age(page, a);
	for (size_t i = 0; i < view->problems.count; i++)
		row(page, "problem", "%s", view->problems.items[i].text);
	if (a->state == RC_STATE_CREATED)
		row(page, "next", "runnerctl register %s --token-file FILE", a->name);
}
