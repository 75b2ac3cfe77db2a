# SPDX-License-Identifier: Apache-2.0
# Virtio queues in shared windows, both ends.
obj-virtqueue := $(addprefix rtos-guests/virtio/,ring.o share.o virtqueue_driver.o virtqueue_device.o)

guest-flags += -Irtos-guests/virtio/include
