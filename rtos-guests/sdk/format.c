/* SPDX-License-Identifier: Apache-2.0 */
/* A small vsnprintf: integers, characters, strings, pointers. No floating point. */
#include "pv/console.h"

#include "pv/string.h"

#include <stdbool.h>
#include <stdint.h>

#define DIGITS_MAX 20 /* of UINT64_MAX in decimal */

struct output {
	char *to;
	size_t size;
	size_t length; /* of the whole text, whether or not it fits */
};

struct conversion {
	bool is_left, is_zero_padded, has_precision;
	char sign; /* what a positive number shows: 0, '+' or ' ' */
	bool is_alternate;
	int width, precision;
	int n_long; /* l: 1, ll: 2, h: -1, hh: -2 */
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size) {
		out->to[out->length] = c;
	}
	out->length++;
}

static void put_repeated(struct output *out, char c, int times)
{
	for (; times > 0; times--) {
		put(out, c);
	}
}

static void put_padded(struct output *out, const struct conversion *conversion, const char *text,
		       int length)
{
	int padding = conversion->width - length;

	if (!conversion->is_left) {
		put_repeated(out, ' ', padding);
	}
	for (int i = 0; i < length; i++) {
		put(out, text[i]);
	}
	if (conversion->is_left) {
		put_repeated(out, ' ', padding);
	}
}

/* @prefix  sign or "0x", "" for none */
static void put_number(struct output *out, const struct conversion *conversion, uint64_t value,
		       unsigned base, bool is_upper, const char *prefix)
{
	const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS_MAX];
	int n_digits = 0;
	int n_prefix = (int)strlen(prefix);

	while (value != 0) {
		text[n_digits++] = digits[value % base];
		value /= base;
	}

	int least = conversion->has_precision ? conversion->precision : 1;

	if (conversion->is_zero_padded && !conversion->has_precision && !conversion->is_left &&
	    conversion->width - n_prefix > least) {
		least = conversion->width - n_prefix;
	}

	int n_zeroes = least > n_digits ? least - n_digits : 0;
	int padding = conversion->width - n_prefix - n_zeroes - n_digits;

	if (!conversion->is_left) {
		put_repeated(out, ' ', padding);
	}
	for (int i = 0; i < n_prefix; i++) {
		put(out, prefix[i]);
	}
	put_repeated(out, '0', n_zeroes);
	while (n_digits > 0) {
		put(out, text[--n_digits]);
	}
	if (conversion->is_left) {
		put_repeated(out, ' ', padding);
	}
}

static void put_signed(struct output *out, const struct conversion *conversion, int64_t value)
{
	char prefix[2] = { conversion->sign, '\0' };

	if (value < 0) {
		prefix[0] = '-';
	}
	put_number(out, conversion, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, false,
		   prefix);
}

static const char *parse_flags(const char *at, struct conversion *conversion)
{
	for (;; at++) {
		switch (*at) {
		case '-':
			conversion->is_left = true;
			break;
		case '0':
			conversion->is_zero_padded = true;
			break;
		case '+':
			conversion->sign = '+';
			break;
		case ' ':
			conversion->sign = conversion->sign == '+' ? '+' : ' ';
			break;
		case '#':
			conversion->is_alternate = true;
			break;
		default:
			return at;
		}
	}
}

/* Digits, at most as many as keep a width sensible. */
static const char *parse_number(const char *at, int *number)
{
	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (*number < 10000) {
			*number = *number * 10 + (*at - '0');
		}
	}
	return at;
}

static const char *parse_length(const char *at, struct conversion *conversion)
{
	for (;; at++) {
		if (*at == 'l') {
			conversion->n_long++;
		} else if (*at == 'h') {
			conversion->n_long--;
		} else if (*at == 'z' || *at == 'j' || *at == 't') {
			conversion->n_long = 2;
		} else {
			return at;
		}
	}
}

static int64_t narrow_signed(int64_t value, int n_long)
{
	if (n_long == -1) {
		return (int16_t)value;
	}
	return n_long < -1 ? (int8_t)value : value;
}

static uint64_t narrow_unsigned(uint64_t value, int n_long)
{
	if (n_long == -1) {
		return (uint16_t)value;
	}
	return n_long < -1 ? (uint8_t)value : value;
}

/* va_list by pointer: the caller goes on with it. */
struct arguments {
	va_list list;
};

static int64_t take_signed(struct arguments *arguments, int n_long)
{
	_Static_assert(sizeof(long) == sizeof(long long), "LP64");
	int64_t value = n_long > 0 ? va_arg(arguments->list, long) : va_arg(arguments->list, int);

	return narrow_signed(value, n_long);
}

static uint64_t take_unsigned(struct arguments *arguments, int n_long)
{
	uint64_t value = n_long > 0 ? va_arg(arguments->list, unsigned long)
				    : va_arg(arguments->list, unsigned int);

	return narrow_unsigned(value, n_long);
}

static const char *parse_sizes(const char *at, struct conversion *conversion,
			       struct arguments *arguments)
{
	if (*at == '*') {
		conversion->width = va_arg(arguments->list, int);
		if (conversion->width < 0) {
			conversion->is_left = true;
			conversion->width = -conversion->width;
		}
		at++;
	} else {
		at = parse_number(at, &conversion->width);
	}
	if (*at != '.') {
		return at;
	}
	at++;
	conversion->has_precision = true;
	if (*at == '*') {
		conversion->precision = va_arg(arguments->list, int);
		conversion->has_precision = conversion->precision >= 0;
		return at + 1;
	}
	return parse_number(at, &conversion->precision);
}

static void put_string(struct output *out, const struct conversion *conversion, const char *text)
{
	size_t limit = conversion->has_precision ? (size_t)conversion->precision : SIZE_MAX;

	text = text != NULL ? text : "(null)";
	put_padded(out, conversion, text, (int)strnlen(text, limit));
}

static void put_hex(struct output *out, const struct conversion *conversion, uint64_t value,
		    bool is_upper)
{
	const char *prefix = is_upper ? "0X" : "0x";

	put_number(out, conversion, value, 16, is_upper,
		   conversion->is_alternate && value != 0 ? prefix : "");
}

static void convert(struct output *out, char kind, const struct conversion *conversion,
		    struct arguments *arguments)
{
	char c;

	switch (kind) {
	case 'd':
	case 'i':
		put_signed(out, conversion, take_signed(arguments, conversion->n_long));
		break;
	case 'u':
		put_number(out, conversion, take_unsigned(arguments, conversion->n_long), 10, false,
			   "");
		break;
	case 'x':
	case 'X':
		put_hex(out, conversion, take_unsigned(arguments, conversion->n_long), kind == 'X');
		break;
	case 'p':
		put_number(out, conversion, (uintptr_t)va_arg(arguments->list, void *), 16, false,
			   "0x");
		break;
	case 'c':
		c = (char)va_arg(arguments->list, int);
		put_padded(out, conversion, &c, 1);
		break;
	case 's':
		put_string(out, conversion, va_arg(arguments->list, const char *));
		break;
	case '%':
		put(out, '%');
		break;
	default: /* not ours: show it, so that it is noticed */
		put(out, '%');
		put(out, kind);
		break;
	}
}

int pv_vsnprintf(char *to, size_t size, const char *format, va_list list)
{
	struct output out = { to, size, 0 };
	struct arguments arguments;

	va_copy(arguments.list, list);
	for (const char *at = format; *at != '\0'; at++) {
		struct conversion conversion = { 0 };

		if (*at != '%') {
			put(&out, *at);
			continue;
		}
		at = parse_flags(at + 1, &conversion);
		at = parse_sizes(at, &conversion, &arguments);
		at = parse_length(at, &conversion);
		if (*at == '\0') {
			break;
		}
		convert(&out, *at, &conversion, &arguments);
	}
	va_end(arguments.list);
	if (size > 0) {
		to[out.length < size ? out.length : size - 1] = '\0';
	}
	return (int)out.length;
}

int pv_snprintf(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = pv_vsnprintf(to, size, format, arguments);
	va_end(arguments);
	return length;
}
