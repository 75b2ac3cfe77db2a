/* SPDX-License-Identifier: Apache-2.0 */
/* The one function of <stdlib.h> that lwIP calls: netif_find() reads the number of an interface's name. */
int atoi(const char *text);

int atoi(const char *text)
{
	int value = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (*text - '0');
	}
	return value;
}
