// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// memset, memcpy and memmove, word by word with unrolled turns. The rest is in MicroPython's shared/libc.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word_t;

#define WORD (sizeof(word_t))
#define TURN (16 * WORD)
#define LONG_TURN (64 * WORD)

#if __ARM_ARCH == 6
static inline word_t *fill(word_t *to, word_t word, size_t len) {
    for (; len > 0; len -= 4 * WORD, to += 4) {
        to[0] = to[1] = to[2] = to[3] = word;
    }
    return to;
}

static word_t *fill_much(word_t *to, word_t word, size_t turns) {
    return fill(to, word, turns * LONG_TURN);
}
#else
// One instruction for two words, which the compiler does not find: a kernel fills whole stacks with memset.
static inline __attribute__((always_inline)) word_t *fill(word_t *to, word_t word, size_t len) {
    __asm volatile (
        ".rept %c2\n"
        "strd %1, %1, [%0], #8\n"
        ".endr\n"
        : "+r" (to) : "r" (word), "i" (len / (2 * WORD)) : "memory");
    return to;
}

// The same for much: eight registers at once, as many as there are beside r7, which debug builds keep.
static word_t *fill_much(word_t *to, word_t word, size_t turns) {
    __asm volatile (
        "mov r3, %2\n mov r4, %2\n mov r5, %2\n mov r6, %2\n"
        "mov r8, %2\n mov r9, %2\n mov r10, %2\n mov r12, %2\n"
        "1:\n"
        ".rept %c3\n"
        "stmia %0!, {r3, r4, r5, r6, r8, r9, r10, r12}\n"
        ".endr\n"
        "subs %1, %1, #1\n"
        "bne 1b\n"
        : "+r" (to), "+r" (turns) : "r" (word), "i" (LONG_TURN / (8 * WORD))
        : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "cc", "memory");
    return to;
}
#endif

// Only stores are kept aligned where the processor reads unaligned words by itself.
#if __ARM_ARCH == 6
#define MAY_COPY_WORDS(to, from) (((uintptr_t)(to) ^ (uintptr_t)(from)) % WORD == 0)
#else
#define MAY_COPY_WORDS(to, from) (true)
#endif

void *memset(void *to_in, int value, size_t len) {
    uint8_t *to = to_in;
    for (; len > 0 && (uintptr_t)to % WORD != 0; --len) {
        *to++ = (uint8_t)value;
    }
    word_t word = (uint8_t)value * 0x01010101u;
    word_t *w = (word_t *)to;
    if (len >= LONG_TURN) {
        w = fill_much(w, word, len / LONG_TURN);
        len %= LONG_TURN;
    }
    for (; len >= TURN; len -= TURN) {
        w = fill(w, word, TURN);
    }
    for (; len >= 4 * WORD; len -= 4 * WORD) {
        w = fill(w, word, 4 * WORD);
    }
    for (; len >= WORD; len -= WORD) {
        *w++ = word;
    }
    for (to = (uint8_t *)w; len > 0; --len) {
        *to++ = (uint8_t)value;
    }
    return to_in;
}

static void copy_up(uint8_t *to, const uint8_t *from, size_t len) {
    for (; len > 0 && ((uintptr_t)to % WORD != 0 || !MAY_COPY_WORDS(to, from)); --len) {
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
