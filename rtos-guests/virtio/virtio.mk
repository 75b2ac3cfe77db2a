# SPDX-License-Identifier: Apache-2.0
# Virtio queues in shared windows, both ends: what an application adds to $(obj-sdk).
obj-virtqueue     := rtos-guests/virtio/ring.o rtos-guests/virtio/share.o
obj-virtio-client := $(obj-virtqueue) $(addprefix rtos-guests/virtio/,virtqueue_driver.o block_client.o)
obj-virtio-server := $(obj-virtqueue) $(addprefix rtos-guests/virtio/,virtqueue_device.o block_server.o)

guest-flags += -Irtos-guests/virtio/include
