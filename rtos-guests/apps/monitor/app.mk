# SPDX-License-Identifier: Apache-2.0
# monitor: watches motion's state, tells Linux when something is wrong.
app-monitor := $(obj-sdk) $(obj-rtos) $(obj-drivers) rtos-guests/apps/alarms.o rtos-guests/apps/say.o \
	$(addprefix rtos-guests/apps/monitor/,main.o watch.o clock.o)
