/* What doctor found: a line a check, what to do about it below. */
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/print.h"
#include "cmd/text.h"

#define CODE_WIDTH 13

static void
print_check(const struct rc_page *page, const struct rc_check *check)
{
	static const struct {
		const char *word;
		enum rc_hue hue;
	} verdicts[] = {
		[RC_CHECK_OK] = { "ok", RC_HUE_GOOD },
		[RC_CHECK_FIXED] = { "fixed", RC_HUE_GOOD },
		[RC_CHECK_NOTE] = { "note", RC_HUE_BUSY },
		[RC_CHECK_BAD] = { "bad", RC_HUE_BAD },
	};
	const struct rc_terminal *terminal = &page->terminal;
	scoped(rc_str_release) char *text = rc_text_clean(check->text);
	scoped(rc_str_release) char *hint = rc_text_clean(check->hint);

	fprintf(page->out, "%s%-5s%s  %-*s  %s%s%s\n",
	    rc_hue_on(terminal, verdicts[check->verdict].hue), verdicts[check->verdict].word,
	    rc_hue_off(terminal, verdicts[check->verdict].hue), CODE_WIDTH, check->code,
	    check->about ? check->about : "", check->about ? ": " : "", text);
	if (hint && *hint)
		fprintf(page->out, "%*s%s\n", 5 + 2 + CODE_WIDTH + 2, "", hint);
}

void
rc_print_checks(const struct rc_page *page, const struct rc_checks *checks)
{
	for (size_t i = 0; i < checks->count; i++)
		print_check(page, &checks->items[i]);
}
