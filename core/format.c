/* SPDX-License-Identifier: Apache-2.0 */
#include "core/format.h"

struct writer {
	char  *out;
	size_t room; /* without the terminator */
	size_t used;
};

struct conversion {
	bool     zero, left, is_long;
	unsigned width;
	size_t   precision; /* most characters of a string */
	char     type;
};

static void put(struct writer *writer, char c)
{
	if (writer->used < writer->room) {
		writer->out[writer->used++] = c;
	}
}

static void put_padded(struct writer *writer, const struct conversion *how, const char *text,
		       size_t length)
{
	size_t padding = how->width > length ? how->width - length : 0;

	for (size_t i = 0; !how->left && i < padding; i++) {
		put(writer, how->zero ? '0' : ' ');
	}
	for (size_t i = 0; i < length; i++) {
		put(writer, text[i]);
	}
	for (size_t i = 0; how->left && i < padding; i++) {
		put(writer, ' ');
	}
}

static void put_number(struct writer *writer, const struct conversion *how, uint64_t value,
		       unsigned base, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (negative) {
		digits[--at] = '-';
	}
	put_padded(writer, how, &digits[at], sizeof(digits) - at);
}

static void put_string(struct writer *writer, const struct conversion *how, const char *text)
{
	size_t length = 0;

	while (length < how->precision && text[length] != '\0') {
		length++;
	}
	put_padded(writer, how, text, length);
}

/* Reads what stands between % and the type; returns the character behind the type. */
static const char *parse(const char *text, struct conversion *how)
{
	*how = (struct conversion){ .precision = SIZE_MAX };
	for (; *text == '0' || *text == '-'; text++) {
		how->zero |= *text == '0';
		how->left |= *text == '-';
	}
	for (; *text >= '0' && *text <= '9'; text++) {
		how->width = how->width * 10 + (unsigned)(*text - '0');
	}
	if (*text == '.') {
		how->precision = 0;
		for (text++; *text >= '0' && *text <= '9'; text++) {
			how->precision = how->precision * 10 + (size_t)(*text - '0');
		}
	}
	for (; *text == 'l'; text++) {
		how->is_long = true;
	}
	how->type = *text;
	return *text == '\0' ? text : text + 1;
}

size_t format_list(char *out, size_t bytes, const char *text, va_list arguments)
{
	struct writer writer = { out, bytes - 1, 0 };
	struct conversion how;
	int64_t value;

	while (*text != '\0') {
		if (*text != '%') {
			put(&writer, *text++);
			continue;
		}
		text = parse(text + 1, &how);
		switch (how.type) {
		case 's':
			put_string(&writer, &how, va_arg(arguments, const char *));
			break;
		case 'c':
			put(&writer, (char)va_arg(arguments, int));
			break;
		case 'd':
			value = how.is_long ? va_arg(arguments, int64_t) : va_arg(arguments, int);
			put_number(&writer, &how,
				   value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0);
			break;
		case 'u':
		case 'x':
			put_number(&writer, &how,
				   how.is_long ? va_arg(arguments, uint64_t)
					       : va_arg(arguments, unsigned int),
				   how.type == 'x' ? 16 : 10, false);
			break;
		default:
			put(&writer, '%');
			put(&writer, how.type);
			break;
		}
	}
	out[writer.used] = '\0';
	return writer.used;
}

size_t format(char *out, size_t bytes, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	size_t used = format_list(out, bytes, text, arguments);
	va_end(arguments);
	return used;
}
