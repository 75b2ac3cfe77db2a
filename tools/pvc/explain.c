/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/explain.h"

#include "tools/pvc/rules.h"
#include "tools/pvc/words.h"

#include <stdlib.h>
#include <string.h>

static int list_rules(FILE *out)
{
	for (size_t i = 0; i < n_rules; i++) {
		fprintf(out, "%-20s %s\n", rules[i].id, rules[i].summary);
	}
	return EXIT_SUCCESS;
}

static int report_unknown(const char *id)
{
	const char *nearest = NULL;

	for (size_t i = 0; i < n_rules; i++) {
		if (is_typo_of(id, rules[i].id, nearest)) {
			nearest = rules[i].id;
		}
	}
	fprintf(stderr, "pvc: error: there is no rule \"%s\"; ", id);
	if (nearest != NULL) {
		fprintf(stderr, "did you mean %s?\n", nearest);
	} else {
		fprintf(stderr, "pvc --explain all lists them\n");
	}
	return EXIT_FAILURE;
}

int explain(const char *id, FILE *out)
{
	const struct rule *rule;

	if (strcmp(id, "all") == 0) {
		return list_rules(out);
	}
	rule = rule_find(id);
	if (rule == NULL) {
		return report_unknown(id);
	}
	fprintf(out, "%s: %s\n\n%s", rule->id, rule->summary, rule->text);
	return EXIT_SUCCESS;
}
