# SPDX-License-Identifier: Apache-2.0
# motion: the demo's control loop.
app-motion := $(obj-sdk) $(obj-rtos) $(obj-drivers) rtos-guests/apps/alarms.o rtos-guests/apps/say.o \
	$(addprefix rtos-guests/apps/motion/,main.o control.o command.o exits.o latency.o plant.o scope.o)
