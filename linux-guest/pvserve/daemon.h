/* SPDX-License-Identifier: Apache-2.0 */
/* A program that serves a socket, and ends when pvserve does. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct daemon {
	pid_t pid;      /* 0: not running */
	int   life;     /* readable when it has ended */
	int   listener; /* its socket, inherited; -1: none */
};

/*
 * Make the socket for the next life, which nobody else can connect to. Returns the
 * connection to it, or -1 with errno.
 */
int daemon_connect(struct daemon *daemon);

/* With that socket. False with errno. That the program cannot be run shows in its end, after a message. */
bool daemon_start(struct daemon *daemon, char *const *arguments);

/* Kill it and wait: when this returns, its memory and its disk are let go. */
void daemon_stop(struct daemon *daemon);
