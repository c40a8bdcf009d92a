// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// printk: printf without floating point, and without a C library, in every context.
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kern.h"

typedef struct {
    char *out; // NULL: the console
    size_t size;
    size_t length;
    char line[32]; // for the console
} sink_t;

static void put(sink_t *sink, char c) {
    if (sink->out == NULL) {
        size_t at = sink->length % sizeof(sink->line);
        sink->line[at] = c;
        if (at == sizeof(sink->line) - 1) {
            arch_write(sink->line, sizeof(sink->line));
        }
    } else if (sink->length + 1 < sink->size) {
        sink->out[sink->length] = c;
    }
    sink->length += 1;
}

typedef struct {
    bool left, zero, plus, space, alternative;
    int width;
    int precision; // -1: none
} spec_t;

static void pad(sink_t *sink, char c, int n) {
    for (; n > 0; --n) {
        put(sink, c);
    }
}

// `prefix` is the sign, or 0x.
static void put_field(sink_t *sink, const spec_t *spec, const char *prefix, const char *text, int length, int zeros) {
    int width = spec->width - (int)strlen(prefix) - zeros - length;
    if (!spec->left) {
        pad(sink, ' ', width);
    }
    while (*prefix != '\0') {
        put(sink, *prefix++);
    }
    pad(sink, '0', zeros);
    for (int i = 0; i < length; ++i) {
        put(sink, text[i]);
    }
    if (spec->left) {
        pad(sink, ' ', width);
    }
}

static void put_number(sink_t *sink, const spec_t *spec, uint64_t value, unsigned base, bool upper, const char *sign) {
    char digits[24];
    int n = 0;
    for (uint64_t rest = value; rest != 0 || (n == 0 && spec->precision != 0); rest /= base) {
        digits[sizeof(digits) - ++n] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
    }
    const char *prefix = spec->alternative && base == 16 && value != 0 ? (upper ? "0X" : "0x") : sign;
    int zeros = spec->precision - n;
    if (spec->zero && !spec->left && spec->precision < 0) {
        zeros = spec->width - n - (int)strlen(prefix);
    }
    put_field(sink, spec, prefix, digits + sizeof(digits) - n, n, MAX(zeros, 0));
}

// The sizes of integers: how many bytes `hh`, `h`, `l` and so on say.
static const char *get_size(const char *p, size_t *size) {
    *size = sizeof(int);
    for (;; ++p) {
        switch (*p) {
            case 'h': *size = *size == sizeof(short) ? sizeof(char) : sizeof(short); break;
            case 'l': *size = p[1] == 'l' || *size > sizeof(long) ? sizeof(long long) : sizeof(long); break;
            case 'j': *size = sizeof(intmax_t); break;
            case 'z': *size = sizeof(size_t); break;
            case 't': *size = sizeof(ptrdiff_t); break;
            default: return p;
        }
    }
}

static void put_text(sink_t *sink, const spec_t *spec, const char *text) {
    text = text == NULL ? "(null)" : text;
    int length = 0;
    while (text[length] != '\0' && (spec->precision < 0 || length < spec->precision)) {
        length += 1;
    }
    put_field(sink, spec, "", text, length, 0);
}

static const char *get_number(const char *p, int *value) {
    for (*value = 0; *p >= '0' && *p <= '9'; ++p) {
        *value = *value * 10 + (*p - '0');
    }
    return p;
}

static void format_to(sink_t *sink, const char *p, va_list args) {
    for (; *p != '\0'; ++p) {
        if (*p != '%') {
            put(sink, *p);
            continue;
        }
        const char *begin = p++;
        spec_t spec = { .precision = -1 };
        for (;; ++p) {
            bool *flag = *p == '-' ? &spec.left : *p == '0' ? &spec.zero : *p == '+' ? &spec.plus
                : *p == ' ' ? &spec.space : *p == '#' ? &spec.alternative : NULL;
            if (flag == NULL) {
                break;
            }
            *flag = true;
        }
        if (*p == '*') {
            spec.width = va_arg(args, int);
            spec.left |= spec.width < 0;
            spec.width = spec.width < 0 ? -spec.width : spec.width;
            p += 1;
        } else {
            p = get_number(p, &spec.width);
        }
        if (*p == '.') {
            p += 1;
            if (*p == '*') {
                spec.precision = va_arg(args, int);
                p += 1;
            } else {
                p = get_number(p, &spec.precision);
            }
        }
        size_t size;
        p = get_size(p, &size);
        const char *sign = spec.plus ? "+" : spec.space ? " " : "";
        switch (*p) {
            case 'd':
            case 'i': {
                int64_t value = size > sizeof(int) ? (size == 8 ? va_arg(args, int64_t) : va_arg(args, long))
                    : va_arg(args, int);
                value = size == 1 ? (signed char)value : size == 2 ? (short)value : value;
                put_number(sink, &spec, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false,
                    value < 0 ? "-" : sign);
                break;
            }
            case 'u':
            case 'o':
            case 'x':
            case 'X': {
                uint64_t value = size == 8 ? va_arg(args, uint64_t) : va_arg(args, unsigned);
                value = size == 1 ? (unsigned char)value : size == 2 ? (unsigned short)value : value;
                put_number(sink, &spec, value, *p == 'u' ? 10 : *p == 'o' ? 8 : 16, *p == 'X', "");
                break;
            }
            case 'p':
                spec.alternative = true;
                put_number(sink, &spec, (uintptr_t)va_arg(args, void *), 16, false, "");
                break;
            case 'c': {
                char c = (char)va_arg(args, int);
                put_field(sink, &spec, "", &c, 1, 0);
                break;
            }
            case 's':
                put_text(sink, &spec, va_arg(args, const char *));
                break;
            case '%':
                put(sink, '%');
                break;
            default: // not one of ours: as it is
                while (begin < p) {
                    put(sink, *begin++);
                }
                if (*p == '\0') {
                    return;
                }
                put(sink, *p);
        }
    }
}

void vprintk(const char *format, va_list args) {
    sink_t sink = { .out = NULL };
    va_list copy;
    va_copy(copy, args);
    format_to(&sink, format, copy);
    va_end(copy);
    arch_write(sink.line, sink.length % sizeof(sink.line));
}

void printk(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vprintk(format, args);
    va_end(args);
}

int vsnprintk(char *out, size_t size, const char *format, va_list args) {
    char none;
    sink_t sink = { .out = size > 0 ? out : &none, .size = size };
    va_list copy;
    va_copy(copy, args);
    format_to(&sink, format, copy);
    va_end(copy);
    if (size > 0) {
        out[MIN(sink.length, size - 1)] = '\0';
    }
    return (int)sink.length;
}

int snprintk(char *out, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintk(out, size, format, args);
    va_end(args);
    return length;
}
