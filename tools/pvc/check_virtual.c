/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about virtual devices that their declaration alone does not show. */
#include "tools/pvc/check.h"

#include "abi/hypercall.h"
#include "tools/pvc/diag.h"
#include "tools/pvc/parse.h"

/* Whoever serves a device is trusted with the frontend's data: the integrator says so at its node. */
static void check_role(const struct system *system, const struct virtual_device *device)
{
	const struct partition *backend = device->backend;
	const struct tree_node *node = node_of(system, &device->node);

	if ((backend->roles & PV_ROLE_VIRTIO_BACKEND) != 0) {
		return;
	}
	diag_error(tree_where(system->tree, node, "paravent,backend"), "virtual-role",
		   "virtual device \"%s\": partition \"%s\" may serve no devices", device->name,
		   backend->name);
	diag_note(tree_where(system->tree, node_of(system, &backend->node), "paravent,roles"),
		  "give it paravent,roles = \"virtio-backend\";");
}

void check_virtual_devices(const struct system *system)
{
	for (size_t i = 0; i < system->n_virtual_devices; i++) {
		check_node_name("virtual device", &system->virtual_devices[i].node, OBJECT_NAME_MOST);
		check_role(system, &system->virtual_devices[i]);
	}
}
