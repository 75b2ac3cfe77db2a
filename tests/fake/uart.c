/* SPDX-License-Identifier: Apache-2.0 */
/* arch/uart.h for the host. */
#include "arch/uart.h"

#include "arch/barrier.h"

#include "tests/fake/machine.h"

#define OUTPUT_BYTES (1u << 20)
#define INPUT_BYTES  65536u
#define WRITE_LIMIT  1000u

static char output[OUTPUT_BYTES + 1];
static size_t n_output;
static char input[INPUT_BYTES];
static size_t n_input, n_taken;

size_t fake_uart_room;
bool fake_uart_interrupt;
uint32_t fake_uart_n_inits;

void fake_uart_begin(void)
{
	n_input = n_taken = 0;
	fake_uart_room = FAKE_UART_UNLIMITED;
	fake_uart_interrupt = false;
	fake_uart_n_inits = 0;
	fake_uart_forget();
}

void fake_uart_forget(void)
{
	n_output = 0;
	output[0] = '\0';
}

const char *fake_uart_text(void)
{
	return output;
}

void fake_uart_type(const char *text)
{
	size_t bytes = strlen(text);

	if (bytes > INPUT_BYTES - n_input) {
		fake_die("the fake UART holds %u characters of input", INPUT_BYTES);
	}
	memcpy(&input[n_input], text, bytes);
	n_input += bytes;
}

void uart_init(void)
{
	fake_uart_n_inits++;
	fake_uart_interrupt = false;
}

bool uart_put(char c)
{
	if (fake_uart_room == 0) {
		return false;
	}
	if (fake_uart_room != FAKE_UART_UNLIMITED) {
		fake_uart_room--;
	}
	/* What a fuzzer sends is not kept for ever. */
	if (n_output == OUTPUT_BYTES) {
		n_output = 0;
	}
	output[n_output++] = c;
	output[n_output] = '\0';
	return true;
}

void uart_write(const char *text)
{
	for (; *text != '\0'; text++) {
		uint32_t polls = 0;

		while (!uart_put(*text)) {
			if (++polls == WRITE_LIMIT) {
				return;
			}
			cpu_relax();
		}
	}
}

int uart_get(void)
{
	if (n_taken == n_input) {
		n_taken = n_input = 0;
		return -1;
	}
	return (unsigned char)input[n_taken++];
}

void uart_receive_interrupt(bool enabled)
{
	fake_uart_interrupt = enabled;
}
