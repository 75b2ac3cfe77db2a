// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/string.h>
#include <linux/version.h>

#include "console.h"
#include "hvc_console.h"
#include "hypercall.h"

#define TERMINAL 0x7076 /* hvc's name for it, "pv" */
#define OUTPUT_BYTES 256 /* what hvc gathers before it asks us to write */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
typedef u8 hvc_char;
typedef ssize_t hvc_count;
typedef size_t hvc_size;
#else
typedef char hvc_char;
typedef int hvc_count;
typedef int hvc_size;
#endif

static struct hvc_struct *console;

/* What EL2 does not take now, hvc offers again: of the kernel's log only if it is told -EAGAIN. */
static hvc_count put_chars(u32 terminal, const hvc_char *text, hvc_size n)
{
	u64 words[PV_CONSOLE_BYTES / sizeof(u64)] = { 0 };
	u32 bytes = min_t(size_t, n, PV_CONSOLE_BYTES);
	int status;

	memcpy(words, text, bytes);
	status = hypercall_console_write(words, &bytes);
	if (status) {
		return status == -EBUSY ? -EAGAIN : status;
	}
	return bytes;
}

static hvc_count get_chars(u32 terminal, hvc_char *text, hvc_size n)
{
	u64 words[PV_CONSOLE_BYTES / sizeof(u64)];
	u32 bytes = min_t(size_t, n, PV_CONSOLE_BYTES);
	int status = hypercall_console_read(words, &bytes);

	if (status) {
		return status;
	}
	memcpy(text, words, bytes);
	return bytes;
}

static const struct hv_ops operations = { .get_chars = get_chars, .put_chars = put_chars };

int console_create(struct device *dev)
{
	if (!of_property_read_bool(dev->of_node, "paravent,console")) {
		return 0;
	}
	/* Without an interrupt hvc looks for input by itself, up to every 2 s on an idle line. */
	console = hvc_alloc(TERMINAL, 0, &operations, OUTPUT_BYTES);
	if (IS_ERR(console)) {
		int status = PTR_ERR(console);

		console = NULL;
		return status;
	}
	dev_info(dev, "the console is /dev/hvc%d\n", console->index);
	return 0;
}

void console_remove(void)
{
	if (console) {
		hvc_remove(console);
	}
}
