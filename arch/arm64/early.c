/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm64/early.h"

#include "arch/arm64/boards.h"
#include "arch/arm64/boot.h"
#include "arch/arm64/fdt_root.h"
#include "arch/arm64/uart_driver.h"
#include "arch/cpu.h"
#include "hyp/bits.h"

#define CURRENTEL_EL FIELD(3, 2)
#define EL2          2u
#define HEX_DIGITS   16u

/* paravent.ld */
extern const char _start[], __image_end[];
extern const uint64_t image_end_mark;

struct console {
	enum uart_kind kind;
	pa_t           base;
};

static void say(const struct console *console, const char *text)
{
	uart_write_one(console->kind, console->base, text);
}

static void say_hex(const struct console *console, uint64_t value)
{
	char text[HEX_DIGITS + 1];
	char *at = &text[HEX_DIGITS];

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[value & 0xf];
		value >>= 4;
	} while (value != 0);
	say(console, "0x");
	say(console, at);
}

static _Noreturn void stop(const struct console *console, const char *what_next)
{
	say(console, what_next);
	say(console, "\r\n");
	cpu_stop();
}

static void say_refusal(const struct console *console, const char *text)
{
	say(console, "paravent| cannot start: ");
	say(console, text);
}

/* A string of the system table, where it is now. */
static const char *here_of(const struct early_entry *entry, const char *string)
{
	return string == NULL ? NULL : string + (entry->here - entry->linked);
}

static uint64_t image_bytes(void)
{
	return (uint64_t)(__image_end - _start);
}

/* Without a tree (some loaders pass ATAGS, or nothing) the board remains unknown. */
static struct compatible find_compatible(const struct early_entry *entry)
{
	const void *tree = (const void *)entry->devicetree;
	uint64_t first;
	uint32_t bytes;

	if (entry->devicetree % sizeof(first) != 0 || probe_load(entry->devicetree, &first) != 0) {
		return (struct compatible){ NULL, 0 };
	}
	bytes = fdt_bytes(tree);
	return bytes == 0 ? (struct compatible){ NULL, 0 } : fdt_root_compatible(tree, bytes);
}

static bool is_our_board(const struct early_entry *entry, const struct compatible *board)
{
	const char *ours = here_of(entry, system_config.compatible);

	return ours == NULL || board->strings == NULL || compatible_has(board, ours);
}

/* The system's own, or that of the board we woke up on. */
static struct console find_console(bool is_ours, const struct compatible *board)
{
	for (uint32_t i = 0; !is_ours && i < n_board_consoles; i++) {
		if (compatible_has(board, board_consoles[i].compatible)) {
			return (struct console){ board_consoles[i].kind, board_consoles[i].base };
		}
	}
	return (struct console){ system_config.console.kind, system_config.console.base };
}

static void check_level(const struct console *console, uint64_t el)
{
	if (el != EL2) {
		say_refusal(console, el < EL2 ? "entered at EL1" : "entered at EL3");
		stop(console, ", Paravent needs EL2. QEMU: -M ...,virtualization=on, and -kernel with "
			      "paravent.img, not the ELF file; boards: let the firmware enter the kernel "
			      "in EL2");
	}
}

static _Noreturn void refuse_board(const struct console *console, const struct early_entry *entry,
				   const struct compatible *board)
{
	say_refusal(console, "this image was built for ");
	say(console, here_of(entry, system_config.model));
	say(console, " (");
	say(console, here_of(entry, system_config.compatible));
	say(console, "), this board is ");
	say(console, board->strings);
	stop(console, ". Build a system for this board, or load the devicetree of the right one");
}

/* Did the loader put all of the image in memory, and nothing over it? */
static void check_image(const struct console *console, const struct early_entry *entry)
{
	if (entry->devicetree - entry->here < image_bytes()) {
		say_refusal(console, "the loader's devicetree lies inside this image, which ends at ");
		say_hex(console, entry->here + image_bytes());
		stop(console, ". Load one of them elsewhere");
	}
	if (image_end_mark != IMAGE_END_MARK) {
		say_refusal(console, "this image is incomplete: its last bytes, before ");
		say_hex(console, entry->here + image_bytes());
		stop(console, ", are not there. Copy the whole file again, and load nothing else over it");
	}
}

/* Is there memory where the image belongs? */
static void check_target(const struct console *console, const struct early_entry *entry)
{
	uint64_t last = entry->linked + image_bytes() - sizeof(uint64_t);
	uint64_t value = 0;

	if (last - entry->here < image_bytes()) {
		return; /* we are running from it */
	}
	if (probe_store(last, IMAGE_END_MARK ^ last) != 0 || probe_load(last, &value) != 0 ||
	    value != (IMAGE_END_MARK ^ last)) {
		say_refusal(console, "RAM missing: paravent,image-memory does not answer at ");
		say_hex(console, last);
		stop(console, ". The board has less memory, or elsewhere, than the system's description");
	}
}

void early_check(const struct early_entry *entry, uint64_t current_el)
{
	uint64_t el = field_get(CURRENTEL_EL, current_el);
	struct compatible board = { NULL, 0 };
	struct console console;
	bool is_ours;

	if (el == EL2) {
		board = find_compatible(entry);
	}
	is_ours = is_our_board(entry, &board);
	console = find_console(is_ours, &board);
	uart_init_one(console.kind, console.base);
	say(&console, "\r\nparavent| image at ");
	say_hex(&console, entry->here);
	say(&console, el == EL2 ? ", EL2, devicetree " : ", not EL2, devicetree ");
	say_hex(&console, entry->devicetree);
	if (entry->here != entry->linked) {
		say(&console, ", moving to ");
		say_hex(&console, entry->linked);
	}
	say(&console, "\r\n");

	check_level(&console, el);
	if (!is_ours) {
		refuse_board(&console, entry, &board);
	}
	check_image(&console, entry);
	check_target(&console, entry);
}
