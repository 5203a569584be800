/* IPv4 special-purpose blocks (RFC 6890); a test compares them with the filter's rules. */
#include "core/address.h"

#include <arpa/inet.h>
#include <stddef.h>

#include "base/str.h"

bool
rc_ipv4_is_global(const char *text)
{
	static const struct {
		unsigned char network[4];
		unsigned prefix;
	} special[] = {
		{ { 0, 0, 0, 0 }, 8 },
		{ { 10, 0, 0, 0 }, 8 },
		{ { 100, 64, 0, 0 }, 10 },
		{ { 127, 0, 0, 0 }, 8 },
		{ { 169, 254, 0, 0 }, 16 },
		{ { 172, 16, 0, 0 }, 12 },
		{ { 192, 0, 0, 0 }, 24 },
		{ { 192, 0, 2, 0 }, 24 },
		{ { 192, 88, 99, 0 }, 24 },
		{ { 192, 168, 0, 0 }, 16 },
		{ { 198, 18, 0, 0 }, 15 },
		{ { 198, 51, 100, 0 }, 24 },
		{ { 203, 0, 113, 0 }, 24 },
		{ { 224, 0, 0, 0 }, 3 },
	};
	struct in_addr parsed;
	in_addr_t address;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		return false;
	address = ntohl(parsed.s_addr);
	for (size_t i = 0; i < RC_COUNT(special); i++) {
		const unsigned char *n = special[i].network;
		in_addr_t network =
		    (in_addr_t)n[0] << 24 | (in_addr_t)n[1] << 16 | (in_addr_t)n[2] << 8 | n[3];

		if (address >> (32 - special[i].prefix) == network >> (32 - special[i].prefix))
			return false;
	}
	return true;
}
