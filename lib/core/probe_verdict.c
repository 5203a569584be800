/*
 * The verdicts.  For what must be closed silence is the proof, so that anything
 * that can be an answer counts; for what must work only the right one does.
 */
#include "core/probe_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
rc_sightings_add(struct rc_sightings *sightings, const struct rc_sighting *sighting)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (sightings->items[i].probe == sighting->probe &&
		    strcmp(sightings->items[i].link, sighting->link) == 0)
			return;
	sightings->items =
	    rc_grow(sightings->items, sightings->count + 1, sizeof(*sightings->items));
	sightings->items[sightings->count++] = *sighting;
}

void
rc_sightings_release(struct rc_sightings *sightings)
{
	free(sightings->items);
	*sightings = (struct rc_sightings){ 0 };
}

/* What an answer says; fields that it does not have are 0. */
struct reading {
	unsigned ethertype, protocol;
	const unsigned char *src;  /* of ARP and IP */
	const unsigned char *body; /* behind the IP header */
	size_t size;
	bool unicast;
};

static unsigned
get16(const unsigned char *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static struct reading
read_frame(const struct rc_probe_answer *answer)
{
	const unsigned char *bytes = answer->bytes;
	struct reading r = { 0 };
	size_t header;

	if (answer->size < 14 + 20)
		return r;
	r.unicast = !(bytes[0] & 1);
	r.ethertype = get16(bytes + 12);
	if (r.ethertype == RC_ETHER_ARP && answer->size >= 14 + 28) {
		r.src = bytes + 14 + 14;
		r.protocol = get16(bytes + 14 + 6);
	}
	if (r.ethertype == RC_ETHER_IPV4) {
		r.src = bytes + 14 + 12;
		r.protocol = bytes[14 + 9];
	}
	if (r.ethertype == RC_ETHER_IPV6 && answer->size >= 14 + 40) {
		r.src = bytes + 14 + 8;
		r.protocol = bytes[14 + 6];
	}
	header = r.ethertype == RC_ETHER_IPV4 ? 14 + (size_t)(bytes[14] & 15) * 4 : 14 + 40;
	if (r.ethertype != RC_ETHER_ARP && answer->size >= header + 8) {
		r.body = bytes + header;
		r.size = answer->size - header;
	}
	return r;
}

static bool
to_port(const struct reading *r, uint16_t port)
{
	return (r->protocol == RC_IP_TCP || r->protocol == RC_IP_UDP) && r->body &&
	       get16(r->body + 2) == port;
}

static bool
from_target(const struct reading *r, const struct rc_probe *probe)
{
	return r->src && probe->ipv6 == (r->ethertype == RC_ETHER_IPV6) &&
	       memcmp(r->src, probe->dst, probe->ipv6 ? 16 : 4) == 0;
}

static bool
is_dhcp_answer(const struct reading *r, size_t index)
{
	return r->protocol == RC_IP_UDP && to_port(r, 68) && r->size >= 16 && r->body[8] == 2 &&
	       r->body[12] == 'R' && r->body[13] == 'C' && get16(r->body + 14) == index;
}

static bool
is_echo_reply(const struct reading *r, size_t index)
{
	return r->body &&
	       ((r->protocol == RC_IP_ICMP && r->body[0] == 0) ||
		   (r->protocol == RC_IP_ICMPV6 && r->body[0] == 129)) &&
	       get16(r->body + 4) == index;
}

/* The one answer that a probe which must work waits for. */
static bool
is_right_answer(const struct rc_probe *probe, size_t index, const struct rc_probe_answer *answer)
{
	const struct reading r = read_frame(answer);

	switch (probe->rule) {
	case RC_PROBE_ARP:
		return r.ethertype == RC_ETHER_ARP && r.protocol == 2 && from_target(&r, probe);
	case RC_PROBE_DHCP:
		return is_dhcp_answer(&r, index);
	case RC_PROBE_TCP: /* SYN and ACK */
		return r.protocol == RC_IP_TCP && to_port(&r, probe->sport) && r.size >= 14 &&
		       from_target(&r, probe) && get16(r.body) == probe->dport &&
		       (r.body[13] & 0x17) == 0x12;
	case RC_PROBE_DNS: /* an answer, and no error but "there is no such name" */
		return r.protocol == RC_IP_UDP && to_port(&r, probe->sport) && r.size >= 12 &&
		       from_target(&r, probe) && get16(r.body + 8) == index && r.body[10] & 0x80 &&
		       ((r.body[11] & 15) == 0 || (r.body[11] & 15) == 3);
	case RC_PROBE_CLOSED:
	case RC_PROBE_CONFINED:
	case RC_PROBE_LEAVES:
	case RC_PROBE_SEEN:
		return false;
	}
	return false;
}

/* Does a probe that must work ask for the same address by ARP?  Then an answer proves nothing. */
static bool
is_answered_anyway(const struct rc_probes *probes, const struct rc_probe *probe)
{
	for (size_t i = 0; i < probes->count; i++)
		if (probes->items[i].rule == RC_PROBE_ARP &&
		    memcmp(probes->items[i].dst, probe->dst, 4) == 0)
			return true;
	return false;
}

/* Anything that only comes back if the probe got somewhere. */
static bool
is_any_answer(const struct rc_probes *probes, size_t index, const struct rc_probe_answer *answer)
{
	const struct rc_probe *probe = &probes->items[index];
	const struct reading r = read_frame(answer);

	if (rc_probe_marker(probes, answer->bytes, answer->size) == (int)index ||
	    is_echo_reply(&r, index))
		return true;
	/* Ports below are shared: those of DHCP, told apart by their marker. */
	if (probe->sport > 1023 && to_port(&r, probe->sport))
		return true;
	if (rc_str_starts(probe->code, "arp-"))
		return r.ethertype == RC_ETHER_ARP && r.protocol == 2 && from_target(&r, probe) &&
		       !is_answered_anyway(probes, probe);
	if (rc_str_starts(probe->code, "nd-solicit"))
		return r.unicast && r.protocol == RC_IP_ICMPV6 && r.body &&
		       r.body[0] == (probe->code[10] ? 134 : 136);
	return false;
}

static const struct rc_sighting *
sighting_of(const struct rc_sightings *sightings, size_t index, bool bridge_too)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (sightings->items[i].probe == index &&
		    (bridge_too || !sightings->items[i].bridge))
			return &sightings->items[i];
	return NULL;
}

static struct rc_finding
finding(enum rc_verdict verdict, const char *detail, const char *more)
{
	struct rc_finding f = { .verdict = verdict };

	snprintf(f.detail, sizeof(f.detail), "%s%s", detail, more);
	return f;
}

static struct rc_finding
judge_closed(const struct rc_probes *probes, size_t index, const struct rc_probe_report *report,
    const struct rc_sightings *sightings)
{
	bool closed = probes->items[index].rule == RC_PROBE_CLOSED;
	const struct rc_sighting *seen = sighting_of(sightings, index, false);

	if (!seen && closed)
		seen = sighting_of(sightings, index, true);
	if (seen)
		return finding(RC_VERDICT_LEAK, "seen on ", seen->link);
	for (size_t i = 0; closed && i < report->answer_count; i++)
		if (is_any_answer(probes, index, &report->answers[i]))
			return finding(RC_VERDICT_LEAK, "answered", "");
	return finding(RC_VERDICT_OK, "", "");
}

static struct rc_finding
judge_working(const struct rc_probes *probes, size_t index, const struct rc_probe_report *report,
    const struct rc_sightings *sightings)
{
	const struct rc_probe *probe = &probes->items[index];
	const struct rc_sighting *seen =
	    sighting_of(sightings, index, probe->rule == RC_PROBE_SEEN);

	if (probe->rule == RC_PROBE_SEEN && !sightings->watched)
		return finding(RC_VERDICT_OK, "not watched", "");
	if (probe->rule == RC_PROBE_SEEN && sightings->missed)
		return finding(RC_VERDICT_FAILED, "more traffic than could be watched", "");
	if (probe->rule == RC_PROBE_SEEN || probe->rule == RC_PROBE_LEAVES)
		return seen ? finding(RC_VERDICT_OK, "seen on ", seen->link)
			    : finding(RC_VERDICT_FAILED, "not seen", "");
	for (size_t i = 0; i < report->answer_count; i++)
		if (is_right_answer(probe, index, &report->answers[i]))
			return finding(RC_VERDICT_OK, "answered", "");
	return finding(RC_VERDICT_FAILED, "no answer", "");
}

struct rc_finding
rc_probe_judge(const struct rc_probes *probes, size_t index, const struct rc_probe_report *report,
    const struct rc_sightings *sightings)
{
	const char *error = strerrordesc_np(report->errors[index]);

	if (report->errors[index])
		return finding(RC_VERDICT_FAILED, "not sent: ", error ? error : "?");
	return rc_probe_must_work(&probes->items[index])
		   ? judge_working(probes, index, report, sightings)
		   : judge_closed(probes, index, report, sightings);
}
