// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// memset, memcpy and memmove, word by word with unrolled turns. The rest is in MicroPython's shared/libc.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word_t;

#define WORD (sizeof(word_t))
#define TURN (16 * WORD)

// One instruction for two words, which the compiler does not find: a kernel fills whole stacks with memset.
static inline word_t *fill_turn(word_t *to, word_t word) {
    __asm volatile (
        ".rept 8\n"
        "strd %1, %1, [%0], #8\n"
        ".endr\n"
        : "+r" (to) : "r" (word) : "memory");
    return to;
}

void *memset(void *to_in, int value, size_t len) {
    uint8_t *to = to_in;
    for (; len > 0 && (uintptr_t)to % WORD != 0; --len) {
        *to++ = (uint8_t)value;
    }
    word_t word = (uint8_t)value * 0x01010101u;
    word_t *w = (word_t *)to;
    for (; len >= TURN; len -= TURN) {
        w = fill_turn(w, word);
    }
    for (; len >= WORD; len -= WORD) {
        *w++ = word;
    }
    for (to = (uint8_t *)w; len > 0; --len) {
        *to++ = (uint8_t)value;
    }
    return to_in;
}

// A Cortex-M3 reads unaligned words by itself; only stores are kept aligned.
static void copy_up(uint8_t *to, const uint8_t *from, size_t len) {
    for (; len > 0 && (uintptr_t)to % WORD != 0; --len) {
        *to++ = *from++;
    }
    word_t *w = (word_t *)to;
    const word_t *r = (const word_t *)from;
    for (; len >= 4 * WORD; len -= 4 * WORD, w += 4, r += 4) {
        // Volatile, or the compiler makes an ldm of these, which must be aligned.
        w[0] = *(const volatile word_t *)&r[0];
        w[1] = *(const volatile word_t *)&r[1];
        w[2] = *(const volatile word_t *)&r[2];
        w[3] = *(const volatile word_t *)&r[3];
    }
    for (; len >= WORD; len -= WORD) {
        *w++ = *(const volatile word_t *)r++;
    }
    to = (uint8_t *)w;
    from = (const uint8_t *)r;
    for (; len > 0; --len) {
        *to++ = *from++;
    }
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t len) {
    to += len;
    from += len;
    if (((uintptr_t)to | (uintptr_t)from) % WORD == 0) {
        for (; len >= WORD; len -= WORD) {
            to -= WORD;
            from -= WORD;
            *(word_t *)to = *(const word_t *)from;
        }
    }
    for (; len > 0; --len) {
        *--to = *--from;
    }
}

void *memcpy(void *to, const void *from, size_t len) {
    copy_up(to, from, len);
    return to;
}

void *memmove(void *to, const void *from, size_t len) {
    if ((uintptr_t)to - (uintptr_t)from < len) {
        copy_down(to, from, len);
    } else {
        // Going up word by word is safe at any distance below: every word is read before one above it is written.
        copy_up(to, from, len);
    }
    return to;
}
