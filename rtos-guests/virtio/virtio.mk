# SPDX-License-Identifier: Apache-2.0
# Virtual devices: what an application adds to $(obj-sdk) for the kinds it uses (what is listed twice is
# linked once). The GPIO server needs $(obj-drivers) as well.
virtio-frontend := $(addprefix rtos-guests/virtio/,ring.o virtqueue_driver.o frontend.o slots.o)
virtio-backend  := $(addprefix rtos-guests/virtio/,ring.o virtqueue_device.o backend.o)

obj-virtio-client := $(virtio-frontend) $(addprefix rtos-guests/virtio/,block_client.o console_client.o \
	rng_client.o gpio_client.o i2c_client.o)
obj-virtio-net    := $(virtio-frontend) rtos-guests/virtio/net.o
obj-virtio-server := $(virtio-backend) $(addprefix rtos-guests/virtio/,block_order.o block_server.o \
	console_server.o rng_server.o i2c_server.o)
obj-virtio-net-server := $(virtio-backend) rtos-guests/virtio/net_server.o
obj-virtio-gpio-server := $(virtio-backend) rtos-guests/virtio/gpio_server.o

guest-flags += -Irtos-guests/virtio/include
