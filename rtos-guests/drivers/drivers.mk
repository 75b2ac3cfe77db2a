# SPDX-License-Identifier: Apache-2.0
# Drivers for devices of a partition's own: what an application adds to $(obj-sdk).
obj-drivers := $(addprefix rtos-guests/drivers/,gpio.o gpio_pl061.o gpio_imx.o gpio_bcm2711.o \
	rtc_pl031.o rtc_date.o watchdog_imx.o)

guest-flags += -Irtos-guests/drivers/include
