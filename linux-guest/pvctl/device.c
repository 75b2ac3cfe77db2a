/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "linux-guest/pvctl/device.h"

#include "abi/hypercall.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PORTS   "/dev/paravent"
#define CONTROL "/dev/paravent-control"

enum exit_code complain(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

static void complain_no_driver(void)
{
	complain("the paravent driver is not there; load it with \"insmod paravent.ko\" "
		 "and look at dmesg if it does not stay");
}

int port_open(const char *name, int flags)
{
	char path[sizeof(PORTS) + PARAVENT_NAME_BYTES];
	int fd;

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
	    strlen(name) >= PARAVENT_NAME_BYTES) {
		complain("\"%s\" cannot be the name of a port; pvctl list shows them", name);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/%s", PORTS, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0) {
		return fd;
	}
	if (errno == ENOENT && access(CONTROL, F_OK) != 0) {
		complain_no_driver();
	} else if (errno == ENOENT) {
		complain("this partition has no port \"%s\"; pvctl list shows them", name);
	} else {
		complain("%s: %s", path, strerror(errno));
	}
	return -1;
}

bool port_describe(int fd, const char *name, struct paravent_port *port)
{
	if (ioctl(fd, PARAVENT_PORT, port) == 0) {
		return true;
	}
	complain("%s/%s: %s; are the driver and pvctl of one version?", PORTS, name,
		 strerror(errno));
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **port_names(void)
{
	DIR *folder = opendir(PORTS);
	char **names = calloc(1, sizeof(*names));
	size_t n = 0;

	if (names == NULL || (folder == NULL && access(CONTROL, F_OK) != 0)) {
		complain_no_driver();
		free(names);
		return NULL;
	}
	/* The driver without the folder: a partition without ports. */
	for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
		char **more;

		if (entry->d_name[0] == '.') {
			continue;
		}
		more = realloc(names, (n + 2) * sizeof(*names));
		if (more == NULL || (more[n] = strdup(entry->d_name)) == NULL) {
			complain("out of memory");
			exit(EXIT_FAILED);
		}
		names = more;
		names[++n] = NULL;
	}
	if (folder != NULL) {
		closedir(folder);
	}
	qsort(names, n, sizeof(*names), compare_names);
	return names;
}

int control_open(void)
{
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		complain_no_driver();
	} else if (fd < 0) {
		complain("%s: %s", CONTROL, strerror(errno));
	}
	return fd;
}

bool partition_describe(int fd, __u32 id, struct paravent_partition *partition)
{
	*partition = (struct paravent_partition){ .id = id };
	return ioctl(fd, PARAVENT_PARTITION, partition) == 0;
}

bool partition_id(int fd, __u32 index, __u32 *id)
{
	*id = index;
	return ioctl(fd, PARAVENT_ID, id) == 0;
}

bool partition_find(int fd, const char *name, struct paravent_partition *partition)
{
	char *end;
	unsigned long number;
	__u32 id;

	for (__u32 i = 0; partition_id(fd, i, &id); i++) {
		if (partition_describe(fd, id, partition) && strcmp(partition->name, name) == 0) {
			return true;
		}
	}
	errno = 0;
	number = strtoul(name, &end, 0);
	if (name[0] >= '0' && name[0] <= '9' && *end == '\0' && errno == 0 &&
	    number < PARAVENT_NOBODY && partition_describe(fd, (__u32)number, partition)) {
		return true;
	}
	complain("there is no partition \"%s\"; pvctl partitions shows them", name);
	return false;
}

static const char *name_of(const char *const *names, size_t n_names, __u32 value)
{
	return value < n_names && names[value] != NULL ? names[value] : "unknown";
}

const char *kind_name(__u32 kind)
{
	static const char *const names[] = {
		[PV_PORT_SAMPLING] = "sampling",
		[PV_PORT_QUEUING] = "queuing",
		[PV_PORT_MESSAGE] = "message",
		[PV_PORT_WINDOW] = "window",
	};

	return name_of(names, sizeof(names) / sizeof(names[0]), kind);
}

const char *direction_name(__u32 direction)
{
	static const char *const names[] = {
		[PV_PORT_SOURCE] = "source",
		[PV_PORT_DESTINATION] = "destination",
		[PV_PORT_BOTH] = "both",
	};

	return name_of(names, sizeof(names) / sizeof(names[0]), direction);
}

const char *state_name(__u32 state)
{
	static const char *const names[] = {
		[PV_PARTITION_STOPPED] = "stopped",
		[PV_PARTITION_RUNNING] = "running",
		[PV_PARTITION_STOPPING] = "stopping",
		[PV_PARTITION_CRASHED] = "crashed",
	};

	return name_of(names, sizeof(names) / sizeof(names[0]), state);
}
