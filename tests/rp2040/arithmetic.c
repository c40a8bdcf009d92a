// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Instructions where the package was wrong, and what the boot ROM calculates.
#include "pico.h"

typedef uint32_t (*bits_t)(uint32_t);
typedef void *(*memory_t)(void *, uint32_t, uint32_t);
typedef uint64_t (*float_t)(uint32_t, uint32_t, uint32_t, uint32_t);

static void *find(uint32_t table, const char *name) {
    const uint16_t *entry = (const uint16_t *)(uint32_t)*(const volatile uint16_t *)table;
    for (; entry[0] != (name[0] | name[1] << 8); entry += 2) {
        CHECK(entry[0]);
    }
    return (void *)(uint32_t)entry[1];
}

// The flags N, Z, C, V after an instruction on two registers, with C before it.
#define FLAGS(instruction, a, b, carry) ({ \
        uint32_t x = (a), y = (b), flags = (carry) << 29; \
        __asm volatile ( \
            ".syntax unified\nmsr apsr_nzcvq, %2\n" instruction " %0, %0, %1\nmrs %2, apsr\n.syntax divided" \
            : "+l" (x), "+l" (y), "+l" (flags) : : "cc"); \
        flags >> 28; \
    })

static void flags(void) {
    CHECK(FLAGS("adcs", 0x7fffffff, 0, 1) == 9);
    CHECK(FLAGS("adcs", 0, 0x7fffffff, 1) == 9);
    CHECK(FLAGS("adcs", 0xffffffff, 0, 1) == 6);
    CHECK(FLAGS("adcs", 0x80000000, 0x80000000, 0) == 7);
    CHECK(FLAGS("adcs", 0xffffffff, 0xffffffff, 1) == 10);
    CHECK(FLAGS("sbcs", 0, 0x7fffffff, 0) == 8);
    CHECK(FLAGS("sbcs", 0x80000000, 0, 0) == 3);
    CHECK(FLAGS("sbcs", 5, 5, 1) == 6);
    CHECK(FLAGS("sbcs", 0, 0xffffffff, 0) == 4);
    CHECK(FLAGS("lsls", 1, 0, 1) == 2);
    CHECK(FLAGS("lsls", 1, 32, 0) == 6);
    CHECK(FLAGS("lsls", 1, 33, 1) == 4);
    CHECK(FLAGS("lsrs", 0x80000000, 0, 0) == 8);
    CHECK(FLAGS("lsrs", 0x80000000, 32, 0) == 6);
    CHECK(FLAGS("asrs", 0x80000000, 200, 0) == 10);
    CHECK(FLAGS("rors", 0x80000000, 0, 0) == 8);
    CHECK(FLAGS("rors", 1, 1, 0) == 10);
    volatile int64_t most = INT64_MAX, least = INT64_MIN, zero = 0;
    CHECK(zero < most && least < zero && !(most < least) && zero - 1 < zero);
}

static void calls(void) {
    uint32_t at = 0;
    __asm volatile (
        "adr r0, 1f\nadd r0, #1\nmov lr, r0\nblx lr\nmov %0, #1\nb 2f\n.align 2\n1: mov %0, #2\nbx lr\n2:"
        : "+l" (at) : : "r0", "lr");
    CHECK(at == 1); // blx lr went there, and came back
}

static void bits(void) {
    CHECK(((bits_t)find(0x14, "P3"))(0xf0f00001) == 9);
    CHECK(((bits_t)find(0x14, "R3"))(0x80000003) == 0xc0000001);
    CHECK(((bits_t)find(0x14, "L3"))(0x00010000) == 15 && ((bits_t)find(0x14, "L3"))(0) == 32);
    CHECK(((bits_t)find(0x14, "T3"))(0x00010000) == 16 && ((bits_t)find(0x14, "T3"))(0) == 32);
}

static void memory(void) {
    static _Alignas(4) uint8_t to[16], from[16] = "0123456789abcde";
    CHECK(((memory_t)find(0x14, "MC"))(to, (uint32_t)from + 1, 13) == to);
    CHECK(to[0] == '1' && to[12] == 'd' && to[13] == 0);
    CHECK(((memory_t)find(0x14, "C4"))(to, (uint32_t)from, 12) == to);
    CHECK(to[0] == '0' && to[11] == 'b' && to[12] == 'd');
    CHECK(((memory_t)find(0x14, "MS"))(to + 1, 'x', 14) == to + 1);
    CHECK(to[0] == '0' && to[1] == 'x' && to[14] == 'x' && to[15] == 0);
    CHECK(((memory_t)find(0x14, "S4"))(to + 4, 0x17a, 8) == to + 4); // a byte of it
    CHECK(to[3] == 'x' && to[4] == 'z' && to[7] == 'z' && to[11] == 'z' && to[12] == 'x');
}

static void floats(void) {
    const float_t *single = find(0x16, "SF"), *precise = find(0x16, "SD");
    CHECK(((uint8_t *)single)[-2] == 32);
    const uint32_t two = 0x40000000, three = 0x40400000;
    CHECK((uint32_t)single[0](two, three, 0, 0) == 0x40a00000);
    CHECK((uint32_t)single[3](three, two, 0, 0) == 0x3fc00000);
    CHECK((uint32_t)single[4](two, three, 0, 0) == 0xffffffff);
    CHECK((uint32_t)single[7](0xbfc00000, 0, 0, 0) == 0xfffffffe); // -1.5 is rounded down
    CHECK((uint32_t)single[9](0xbfc00000, 0, 0, 0) == 0);
    CHECK((uint32_t)single[8](0x3fc00000, 8, 0, 0) == 0x180);
    CHECK((uint32_t)single[11](-3, 0, 0, 0) == 0xc0400000);
    CHECK((uint32_t)single[13](-1, 0, 0, 0) == 0x4f800000);
    CHECK(single[27](0xc0400000, 0, 0, 0) == (uint64_t)-3);
    CHECK((uint32_t)single[23](-3, -1, 0, 0) == 0xc0400000);
    CHECK(single[31](0x3fc00000, 0, 0, 0) == 0x3ff8000000000000);
    CHECK(precise[2](0, 0x3ff80000, 0, 0x40080000) == 0x4012000000000000); // 1.5 * 3
    CHECK(precise[6](0, 0x40220000, 0, 0) == 0x4008000000000000); // 9
    CHECK((uint32_t)precise[31](0, 0x3ff80000, 0, 0) == 0x3fc00000);
    CHECK(precise[15](0, 0, 0, 0) == 0x3ff0000000000000); // cos 0
}

int main(void) {
    flags();
    calls();
    bits();
    memory();
    floats();
    return 0;
}
