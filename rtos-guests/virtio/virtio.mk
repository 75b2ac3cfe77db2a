# SPDX-License-Identifier: Apache-2.0
# Virtual devices, either end: what an application adds to $(obj-sdk).
virtio := rtos-guests/virtio
obj-virtio-client := $(addprefix $(virtio)/,ring.o virtqueue_driver.o frontend.o block_client.o)
obj-virtio-server := $(addprefix $(virtio)/,ring.o virtqueue_device.o backend.o block_server.o)
obj-virtio-net    := $(addprefix $(virtio)/,ring.o virtqueue_driver.o frontend.o slots.o net.o)

guest-flags += -Irtos-guests/virtio/include
