/* Edit distance: letters left out, put in, changed, or swapped with their neighbour. */
#include "base/suggest.h"

#include <string.h>

#define LONGEST 64 /* letters; no distance is greater, so a byte holds it */

static unsigned char
least(unsigned a, unsigned b)
{
	return (unsigned char)(a < b ? a : b);
}

/* rows[i][j]: the distance of the first i letters of a from the first j of b. */
static unsigned
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned char rows[LONGEST + 1][LONGEST + 1];

	for (size_t i = 0; i <= a_length; i++) {
		for (size_t j = 0; j <= b_length; j++) {
			unsigned char *here = &rows[i][j];

			if (i == 0 || j == 0) {
				*here = (unsigned char)(i + j);
				continue;
			}
			*here = least(rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
			    least(rows[i - 1][j], rows[i][j - 1]) + 1U);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				*here = least(*here, rows[i - 2][j - 2] + 1U);
		}
	}
	return rows[a_length][b_length];
}

/* A third of the letters may be wrong; a word cut short (--verb) is near, too. */
void
rc_suggestion_try(struct rc_suggestion *suggestion, const char *candidate)
{
	size_t length = strlen(candidate);
	unsigned d;

	if (suggestion->length == 0 || suggestion->length > LONGEST || length > LONGEST)
		return;
	if (suggestion->length >= 3 &&
	    strncmp(candidate, suggestion->word, suggestion->length) == 0)
		d = 1;
	else
		d = distance(suggestion->word, suggestion->length, candidate, length);
	if (d > (suggestion->length + 2) / 3 || (suggestion->best && d >= suggestion->distance))
		return;
	suggestion->best = candidate;
	suggestion->distance = d;
}
