/* links: rtos-guests/sdk/virtual_device.c */
/* flags: -Itests/fake/sdk -Irtos-guests/sdk/include */
/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of virtual devices, from a ports.h as pvc writes it. */
#include "pv/virtual_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_tables(void **state)
{
	const struct pv_virtio_frontend_config *frontend = &pv_virtio_frontends[1];
	const struct pv_virtio_backend_config *backend = &pv_virtio_backends[0];

	(void)state;
	assert_int_equal(pv_n_virtio_frontends, 2);
	assert_string_equal(frontend->name, "log");
	assert_int_equal(frontend->device_id, PV_VIRTIO_CONSOLE);
	assert_int_equal(frontend->registers, 0x11000);
	assert_int_equal(frontend->window, 0x40040000);
	assert_int_equal(frontend->window_bytes, 0x10000);
	assert_int_equal(frontend->interrupt, 51);
	assert_int_equal(frontend->doorbell, 4);
	assert_int_equal(pv_n_virtio_backends, 1);
	assert_string_equal(backend->name, "disk");
	assert_int_equal(backend->number, 0);
	assert_int_equal(backend->device_id, PV_VIRTIO_BLOCK);
	assert_int_equal(backend->state, 0x20000);
	assert_int_equal(backend->window, 0x41000000);
	assert_int_equal(backend->window_bytes, 0x40000);
	assert_int_equal(backend->interrupt, 52);
	assert_int_equal(backend->doorbell, 5);
	assert_int_equal(backend->features, PV_VIRTIO_FEATURES_REQUIRED | PV_VIRTIO_F_EVENT_IDX);
	assert_int_equal(backend->queue_size_max, 32);
	assert_int_equal(backend->configuration, 0x5544);
}

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(pv_virtio_frontend_find("disk", PV_VIRTIO_BLOCK), &pv_virtio_frontends[0]);
	assert_ptr_equal(pv_virtio_frontend_find("log", PV_VIRTIO_CONSOLE), &pv_virtio_frontends[1]);
	assert_null(pv_virtio_frontend_find("disk", PV_VIRTIO_CONSOLE));
	assert_null(pv_virtio_frontend_find("lo", PV_VIRTIO_CONSOLE));
	assert_null(pv_virtio_frontend_find("", (enum pv_virtio_device)0)); /* behind the last */
	assert_ptr_equal(pv_virtio_backend_find("disk", PV_VIRTIO_BLOCK), &pv_virtio_backends[0]);
	assert_null(pv_virtio_backend_find("disk", PV_VIRTIO_NET));
	assert_null(pv_virtio_backend_find("log", PV_VIRTIO_BLOCK));
	assert_null(pv_virtio_backend_find("", (enum pv_virtio_device)0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
