# SPDX-License-Identifier: Apache-2.0
# lwIP on a virtual network device: what an application adds to $(obj-sdk) $(obj-virtio-net), at the
# backend's end $(obj-net-server) to $(obj-sdk) $(obj-virtio-net-server); both ends may be listed.
# lwIP itself is Debian's source package, in build/lwip (tools/fetch-lwip).
obj-lwip := $(addprefix build/lwip/src/core/,def.o inet_chksum.o init.o ip.o mem.o memp.o netif.o \
	pbuf.o tcp.o tcp_in.o tcp_out.o timeouts.o udp.o) \
	$(addprefix build/lwip/src/core/ipv4/,etharp.o icmp.o ip4.o ip4_addr.o ip4_frag.o) \
	build/lwip/src/netif/ethernet.o

guest-flags += -Irtos-guests/net/include -isystem build/lwip/src/include

# A stamp older than the script may stand for less than it fetches today: it looks.
build/lwip/fetched: tools/fetch-lwip tools/apt.sh | $(setup)
	$(Q)tools/fetch-lwip build && touch $@
$(obj-lwip:.o=.c): | build/lwip/fetched ;
check test: | build/lwip/fetched
# lwIP is compiled with its own idea of what is worth a warning, and without inline functions of the
# C library's headers, which call more of it.
$(foreach o,$(obj-lwip),$(eval $(B)/guests/%/$(o): private FLAGS = \
	$$(filter-out $$(WARN),$$(ARM64)) -std=gnu11 -D__NO_INLINE__ $$(guest-flags)))

# $(call lwip-users,OBJECTS): the same objects; they wait for the headers, which they include.
define lwip-user
$(B)/guests/%/$(1): $(1:.o=.c) $(B)/system.mk | build/lwip/fetched ; $$(compile)
endef
lwip-users = $(1)$(foreach o,$(1),$(eval $(call lwip-user,$(o))))
net-common := $(call lwip-users,rtos-guests/net/network.o rtos-guests/net/port.o) \
	rtos-guests/net/atoi.o $(obj-lwip)
obj-net        := $(net-common) $(call lwip-users,rtos-guests/net/client.o)
obj-net-server := $(net-common) $(call lwip-users,rtos-guests/net/server.o)
