/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/references.h"

#include "hyp/types.h"
#include "tools/pvc/util.h"

#include <string.h>

/* Properties that hold references. */
const struct reference_kind reference_kinds[] = {
	{ "clocks",                 "#clock-cells",          "clock-names",          ESSENTIAL },
	{ "assigned-clocks",        "#clock-cells",          "assigned-clock-rates", HELPFUL },
	{ "assigned-clock-parents", "#clock-cells",          NULL,                   HELPFUL },
	{ "resets",                 "#reset-cells",          "reset-names",          ESSENTIAL },
	{ "power-domains",          "#power-domain-cells",   "power-domain-names",   ESSENTIAL },
	{ "dmas",                   "#dma-cells",            "dma-names",            HELPFUL },
	{ "iommus",                 "#iommu-cells",          NULL,                   ESSENTIAL },
	{ "phys",                   "#phy-cells",            "phy-names",            ESSENTIAL },
	{ "mboxes",                 "#mbox-cells",           "mbox-names",           ESSENTIAL },
	{ "pwms",                   "#pwm-cells",            "pwm-names",            ESSENTIAL },
	{ "io-channels",            "#io-channel-cells",     "io-channel-names",     ESSENTIAL },
	{ "interconnects",          "#interconnect-cells",   "interconnect-names",   HELPFUL },
	{ "hwlocks",                "#hwlock-cells",         "hwlock-names",         ESSENTIAL },
	{ "thermal-sensors",        "#thermal-sensor-cells", NULL,                   SILENT },
	{ "sound-dai",              "#sound-dai-cells",      NULL,                   ESSENTIAL },
	{ "msi-parent",             "#msi-cells",            NULL,                   SILENT },
	{ "gpio-ranges",            "#gpio-cells",           NULL,                   SILENT },
	{ "gpios",                  "#gpio-cells",           NULL,                   ESSENTIAL },
	{ "gpio",                   "#gpio-cells",           NULL,                   ESSENTIAL },
	{ "-gpios",                 "#gpio-cells",           NULL,                   ESSENTIAL },
	{ "-gpio",                  "#gpio-cells",           NULL,                   ESSENTIAL },
	{ "interrupts-extended",    "#interrupt-cells",      "interrupt-names",      ESSENTIAL },
	{ "nvmem-cells",            NULL,                    "nvmem-cell-names",     HELPFUL },
	{ "memory-region",          NULL,                    "memory-region-names",  SILENT },
	{ "phy-handle",             NULL,                    NULL,                   ESSENTIAL },
	{ "remote-endpoint",        NULL,                    NULL,                   SILENT },
	{ "operating-points-v2",    NULL,                    NULL,                   SILENT },
	{ "mmc-pwrseq",             NULL,                    NULL,                   ESSENTIAL },
	{ "firmware",               NULL,                    NULL,                   ESSENTIAL },
	{ "-supply",                NULL,                    NULL,                   ESSENTIAL },
	{ PIN_GROUPS,               NULL,                    "pinctrl-names",        HELPFUL },
};

const size_t reference_n_kinds = ARRAY_SIZE(reference_kinds);

static bool matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (pattern[0] == '-') {
		return ends_with(name, pattern) && !ends_with(name, "nr-gpios"); /* a count */
	}
	if (pattern[length - 1] == '-') {
		return starts_with(name, pattern) && name[length] >= '0' && name[length] <= '9';
	}
	return strcmp(pattern, name) == 0;
}

const struct reference_kind *reference_kind_of(const char *property)
{
	for (size_t i = 0; i < reference_n_kinds; i++) {
		if (matches(reference_kinds[i].property, property)) {
			return &reference_kinds[i];
		}
	}
	return NULL;
}

/* A GPIO hog's `gpios` are lines of the controller around it: numbers, no references. */
const struct reference_kind *reference_kind_in(const struct tree *tree, const struct tree_node *node,
					       const char *property)
{
	return strcmp(property, "gpios") == 0 && tree_has(tree, node, "gpio-hog") ?
	       NULL : reference_kind_of(property);
}

const struct tree_node *reference_next(const struct tree *tree, const struct reference_kind *kind,
				       const struct property *property, size_t *at)
{
	while (*at < property_n_cells(property)) {
		const struct tree_node *target = tree_by_phandle(tree, property_cell(property, *at));
		struct property cells;

		(*at)++;
		if (target == NULL) {
			continue; /* 0: an entry left out, without arguments */
		}
		if (kind->cells != NULL) {
			cells = tree_property(tree, target, kind->cells);
			if (cells.n_bytes != 4 ||
			    property_cell(&cells, 0) > property_n_cells(property) - *at) {
				*at = property_n_cells(property); /* makes no sense: the last */
			} else {
				*at += property_cell(&cells, 0);
			}
		}
		return target;
	}
	return NULL;
}
