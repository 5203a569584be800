/* Frames: what a receiver would check of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/packet.h"

static struct rc_packet
packet(uint8_t protocol, const char *src, const char *dst)
{
	struct rc_packet p = { .protocol = protocol, .sport = 1234, .dport = 53 };

	assert_int_equal(rc_packet_mac(p.from, "52:54:00:01:02:03"), 0);
	assert_int_equal(rc_packet_mac(p.to, "52:54:00:0a:0b:0c"), 0);
	assert_int_equal(rc_packet_address(p.src, &p.ethertype, src), 0);
	assert_int_equal(rc_packet_address(p.dst, &p.ethertype, dst), 0);
	return p;
}

/* The ones' complement sum of a correct packet, its checksum included, is all ones. */
static unsigned
sum(const unsigned char *bytes, size_t size, unsigned more)
{
	unsigned long value = more;

	for (size_t i = 0; i < size; i++)
		value += i % 2 ? bytes[i] : (unsigned)bytes[i] << 8;
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (unsigned)value;
}

static void
test_checksums(void **state)
{
	static const struct {
		const char *why, *src, *dst;
		uint8_t protocol;
		bool pseudo; /* the addresses are part of the sum */
	} cases[] = {
		{ "UDP", "10.1.2.3", "192.168.231.1", RC_IP_UDP, true },
		{ "TCP", "10.1.2.3", "192.168.231.1", RC_IP_TCP, true },
		{ "ICMP", "10.1.2.3", "192.168.231.1", RC_IP_ICMP, false },
		{ "UDP over IPv6", "fe80::1", "2001:db8::2", RC_IP_UDP, true },
		{ "TCP over IPv6", "fe80::1", "2001:db8::2", RC_IP_TCP, true },
		{ "ICMPv6", "fe80::1", "ff02::1", RC_IP_ICMPV6, true },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_packet p = packet(cases[i].protocol, cases[i].src, cases[i].dst);
		bool ipv6 = p.ethertype == RC_ETHER_IPV6;
		size_t header = ipv6 ? 40 : 20, addresses = ipv6 ? 32 : 8;
		unsigned char frame[RC_FRAME_MAX];
		size_t size, body;

		p.payload = (const unsigned char *)"an odd number of it";
		p.payload_size = 19;
		size = rc_packet_write(frame, &p);
		body = size - 14 - header;
		if (!ipv6)
			assert_int_equal(sum(frame + 14, 20, 0), 0xffff);
		if (sum(frame + 14 + header, body,
			cases[i].pseudo ? sum(frame + 14 + header - addresses, addresses,
					      cases[i].protocol + (unsigned)body)
					: 0) != 0xffff)
			fail_msg("%s: the checksum is wrong", cases[i].why);
	}
}

static void
test_bytes(void **state)
{
	struct rc_packet p = packet(RC_IP_UDP, "10.1.2.3", "192.168.231.1");
	struct rc_packet outer = packet(RC_IP_IPIP, "10.1.2.3", "192.168.231.1");
	unsigned char frame[RC_FRAME_MAX];
	static const unsigned char options[] = { 148, 4, 0, 0 };

	(void)state;
	assert_int_equal(rc_packet_write(frame, &p), 60);
	assert_memory_equal(frame, "\x52\x54\0\x0a\x0b\x0c\x52\x54\0\1\2\3\x08\0\x45\0\0\x1c", 18);
	p.tags[0] = RC_ETHER_QINQ;
	p.tags[1] = RC_ETHER_VLAN;
	rc_packet_write(frame, &p);
	assert_memory_equal(frame + 12, "\x88\xa8\0\1\x81\0\0\1\x08\0\x45", 11);
	outer.inner = &p;
	outer.options = options;
	outer.options_size = sizeof(options);
	rc_packet_write(frame, &outer);
	assert_int_equal(frame[14], 0x46);
	assert_memory_equal(frame + 34, options, sizeof(options));
	assert_int_equal(frame[38], 0x45); /* the inner one has no link layer */
	p = packet(RC_IP_UDP, "10.1.2.3", "192.168.231.1");
	p.fragment = 1;
	rc_packet_write(frame, &p);
	assert_int_equal(frame[14 + 3], 20); /* no ports in a later fragment */
}

/* What does not fit is cut, never written behind the frame. */
static void
test_too_long(void **state)
{
	static const unsigned char much[2 * RC_FRAME_MAX];
	struct rc_packet p = packet(RC_IP_UDP, "10.1.2.3", "192.168.231.1");
	struct {
		unsigned char frame[RC_FRAME_MAX], behind;
	} room = { .behind = 0xa5 };

	(void)state;
	p.payload = much;
	p.payload_size = sizeof(much);
	assert_int_equal(rc_packet_write(room.frame, &p), RC_FRAME_MAX);
	assert_int_equal(room.behind, 0xa5);
}

static void
test_no_addresses(void **state)
{
	static const char *const macs[] = { "", "52:54:00:01:02", "52:54:00:01:02:03:04",
		"52:54:00:01:02:zz", "52-54-00-01-02-03" };
	unsigned char bytes[16] = "unchanged";
	uint16_t type = 7;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(macs); i++)
		assert_int_equal(rc_packet_mac(bytes, macs[i]), -1);
	assert_int_equal(rc_packet_address(bytes, &type, "10.1.2"), -1);
	assert_int_equal(rc_packet_address(bytes, &type, "fe80::1%eth0"), -1);
	assert_int_equal(type, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_no_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
