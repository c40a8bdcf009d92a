// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Erases three sectors and programs four pages through the boot ROM: seven steps.
#include "pico.h"

#define OFFSET 0x100000
#define BYTES ((const volatile uint8_t *)(0x10000000 + OFFSET))

typedef void (*call_t)(void);
typedef void (*erase_t)(uint32_t offset, uint32_t length, uint32_t block, uint32_t command);
typedef void (*program_t)(uint32_t offset, const uint8_t *data, uint32_t length);
typedef void *(*lookup_t)(uint16_t *table, uint32_t code);

static uint8_t data[1024];

static void *find(const char *name) {
    uintptr_t offsets = 0x14;
    __asm volatile ("" : "+r" (offsets)); // or the compiler sees a null pointer
    const volatile uint16_t *well_known = (const volatile uint16_t *)offsets;
    lookup_t lookup = (lookup_t)(uint32_t)well_known[2];
    void *found = lookup((uint16_t *)(uint32_t)well_known[0], name[0] | name[1] << 8);
    CHECK(found);
    return found;
}

static void change(uint8_t with) {
    ((call_t)find("IF"))();
    ((call_t)find("EX"))();
    if (with == 0) {
        ((erase_t)find("RE"))(OFFSET, 3 * 4096, 65536, 0xd8);
    } else {
        for (uint32_t i = 0; i < 1024; i++) {
            data[i] = with;
        }
        ((program_t)find("RP"))(OFFSET, data, 1024);
    }
    ((call_t)find("FC"))();
    ((call_t)find("CX"))();
}

int main(void) {
    CHECK(!((lookup_t)(uint32_t)*(const volatile uint16_t *)0x18)(
        (uint16_t *)(uint32_t)*(const volatile uint16_t *)0x14, 'x' | 'x' << 8));
    change(0);
    CHECK(BYTES[0] == 0xff && BYTES[3 * 4096 - 1] == 0xff);
    change(0x3c);
    CHECK(BYTES[0] == 0x3c && BYTES[1023] == 0x3c && BYTES[1024] == 0xff);
    // Programming clears bits, and sets none.
    change(0x66);
    CHECK(BYTES[0] == 0x24);
    return 0;
}
