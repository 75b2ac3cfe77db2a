/* SPDX-License-Identifier: GPL-2.0 */
/* What programs can do with an open port: read, write, poll, mmap, ioctl. */
#ifndef PARAVENT_FILE_H
#define PARAVENT_FILE_H

#include <linux/fs.h>

extern const struct file_operations pv_port_file_operations;

#endif
