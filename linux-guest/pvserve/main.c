/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvserve: serve a virtual device to another partition, until it is stopped.
 * docs/devices.md "Linux as backend".
 */
#include "linux-guest/pvserve/kinds.h"

#include <stdio.h>
#include <string.h>

static const struct service_kind *const kinds[] = {
	&block_kind, &net_kind, &console_kind, &rng_kind, &gpio_kind, &i2c_kind,
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int usage(void)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		fprintf(stderr, "%s pvserve %s NAME %s\n", i == 0 ? "usage:" : "      ",
			kinds[i]->name, kinds[i]->arguments);
	}
	fprintf(stderr, "NAME: one of /dev/paravent-backend\n");
	return 2;
}

static const struct service_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strcmp(kinds[i]->name, name) == 0) {
			return kinds[i];
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct service service;
	const struct service_kind *kind = argc < 3 ? NULL : find_kind(argv[1]);

	if (kind == NULL || argc - 3 < kind->n_arguments_min || argc - 3 > kind->n_arguments_max) {
		return usage();
	}
	service.kind = kind;
	for (size_t i = 0; i < SERVICE_FDS_MAX; i++) {
		service.fds[i].fd = -1;
	}
	if (device_open(&service.device, argv[2], kind->device, kind->name) &&
	    kind->open(&service, argv + 3)) {
		service_run(&service);
	}
	return 1;
}
