// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What a fault was on ARMv6-M, which does not say: as far as the instruction shows it, with the registers that it had.
#include "fault.h"

#if __ARM_ARCH == 6

#define IPSR_HARD_FAULT (3)
#define XPSR_PADDED (1u << 9)
#define XPSR_THUMB (1u << 24)

typedef struct {
    bool is_access; // to memory, of `size` bytes at `address`
    unsigned size;
    uint32_t address;
} access_t;

static uint32_t value_of(const fault_kept_t *kept, unsigned n) {
    return n < 4 ? (&kept->frame.r0)[n] : kept->r4_to_r11[n - 4];
}

static bool is_code(uint32_t pc) {
    return pc % 2 == 0 && pc - BOARD_CODE_START < BOARD_CODE_SIZE;
}

static access_t at(uint32_t address, unsigned size) {
    return (access_t) { true, size, address };
}

// Of LDR, STR and their kin with two registers: bits 9 to 11.
static access_t access_by_two(const fault_kept_t *kept, unsigned code) {
    static const uint8_t sizes[] = { 4, 2, 1, 1, 4, 2, 1, 2 };
    return at(value_of(kept, code >> 3 & 7) + value_of(kept, code >> 6 & 7), sizes[code >> 9 & 7]);
}

static access_t access_of(const fault_kept_t *kept, uint32_t sp, unsigned code) {
    uint32_t base = value_of(kept, code >> 3 & 7), offset = code >> 6 & 31;
    switch (code >> 12) {
        case 5:
            return access_by_two(kept, code);
        case 6:
            return at(base + 4 * offset, 4);
        case 7:
            return at(base + offset, 1);
        case 8:
            return at(base + 2 * offset, 2);
        case 9:
            return at(sp + 4 * (code & 0xff), 4);
        case 12:
            return at(value_of(kept, code >> 8 & 7), 4);
        default:
            break;
    }
    if ((code & 0xfe00) == 0xb400) {
        return at(sp - 4 * (unsigned)__builtin_popcount(code & 0x1ff), 4); // PUSH, down to there
    }
    return (access_t) { (code & 0xfe00) == 0xbc00, 4, sp }; // POP
}

static const char *cause(const fault_kept_t *kept, const access_t *access) {
    uint32_t pc = kept->frame.pc;
    if (!(kept->frame.xpsr & XPSR_THUMB)) {
        return "not code, or an even address for it";
    }
    if (!is_code(pc)) {
        return "no code there";
    }
    if (access->is_access) {
        return access->address % access->size != 0 ? "an unaligned access" : "no memory there";
    }
    if ((*(const uint16_t *)(pc - 2) & 0xff00) == 0xdf00) {
        return "SVC where interrupts are masked";
    }
    return "an undefined instruction";
}

static bool is_guarded(const struct k_thread *t, uint32_t address) {
    return t != NULL && address >= t->stack - ARCH_STACK_GUARD && address < t->stack;
}

void fault_say_cause(const struct k_thread *t, const fault_kept_t *kept, uintptr_t sp, uintptr_t psp,
    uint32_t exc_return) {
    uint32_t ipsr;
    __asm volatile ("mrs %0, ipsr" : "=r" (ipsr));
    if (ipsr != IPSR_HARD_FAULT) {
        kern_say("fault: an interrupt without a handler\n");
        return;
    }
    access_t access = { .is_access = false };
    bool lost = t != NULL && (exc_return & EXC_RETURN_PSP) && fault_is_frame_lost(t, psp);
    if (!lost && is_code(kept->frame.pc)) {
        uintptr_t before = sp + sizeof(fault_frame_t) + (kept->frame.xpsr & XPSR_PADDED ? sizeof(uint32_t) : 0);
        access = access_of(kept, before, *(const uint16_t *)kept->frame.pc);
    }
    if (lost || (access.is_access && is_guarded(t, access.address))) {
        kern_say("fault: stack overflow in thread %s", t->name);
    } else {
        kern_say("fault: %s", cause(kept, &access));
    }
    if (access.is_access) {
        kern_say(", at %x", (unsigned)access.address);
    }
    kern_say("\n");
}

bool fault_is_frame_lost(const struct k_thread *t, uintptr_t psp) {
    return psp < t->stack;
}

void fault_say_status(void) {
    kern_say("\n");
}

#endif
