/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/pvc/windows.h"

#include "tools/pvc/util.h"

struct window *window_add(struct system *system, struct window window)
{
	struct window *copy = xmalloc(sizeof(*copy));

	*copy = window;
	system->windows = xextend(system->windows, system->n_windows, sizeof(copy));
	system->windows[system->n_windows++] = copy;
	return copy;
}

void window_share(struct window *window, struct partition *partition, bool writable)
{
	window->users = xextend(window->users, window->n_users, sizeof(window->users[0]));
	window->users[window->n_users++] = (struct window_user){ partition, writable };
}
