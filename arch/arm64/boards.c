/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm64/boards.h"

const struct board_console board_consoles[] = {
	{ "linux,dummy-virt", UART_PL011, { 0x09000000 } },
	{ "raspberrypi,4-model-b", UART_PL011, { 0xfe201000 } },
	{ "fsl,imx8mp-evk", UART_IMX, { 0x30890000 } },
	{ "fsl,imx8mm-evk", UART_IMX, { 0x30890000 } },
	{ "fsl,imx8mq-evk", UART_IMX, { 0x30860000 } },
	{ "xlnx,zynqmp-zcu102", UART_CADENCE, { 0xff000000 } },
};

const uint32_t n_board_consoles = ARRAY_SIZE(board_consoles);
