/* "Did you mean": the nearest of some words to one that does not exist. */
#ifndef RC_BASE_SUGGEST_H
#define RC_BASE_SUGGEST_H

#include <stddef.h>

struct rc_suggestion {
	const char *word;
	size_t length;    /* of word, of which only so much counts */
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

/* Keeps candidate as the best if no other was nearer. */
void rc_suggestion_try(struct rc_suggestion *suggestion, const char *candidate);

#endif
