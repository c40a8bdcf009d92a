// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Every address is itself. The first GB is devices; that of RAM is in blocks of 2 MB, as far as there is RAM: code and
// constants read-only and executable, everything else writable and not executable. What is not there faults. The block
// with the static stacks is in pages, so that one below each can be read-only.
#include "aarch64.h"

#define ENTRIES (512)
#define GB ((uintptr_t)1 << 30)
#define BLOCK ((uintptr_t)1 << 21)
#define PAGE ((uintptr_t)1 << 12)

#define TABLE (3ull) // or a page
#define BLOCK_DEVICE (1ull | 0 << 2 | ACCESSED | NOT_EXECUTABLE)
#define BLOCK_NORMAL (1ull | 1 << 2 | SHARED | ACCESSED)
#define SHARED (3ull << 8)
#define ACCESSED (1ull << 10)
#define READ_ONLY (2ull << 6)
#define NOT_EXECUTABLE (3ull << 53)

extern char ram_start[], ram_end[], text_start[], text_end[], stacks_start[], stacks_end[];

// Where the processor begins, see start.S; RAM's blocks; the stacks' pages.
uint64_t arch_mmu_tables[3][ENTRIES] __aligned(4096);

static uint64_t block_of(uintptr_t at) {
    bool is_text = at >= (uintptr_t)text_start && at < (uintptr_t)text_end;
    return at | BLOCK_NORMAL | (is_text ? READ_ONLY : NOT_EXECUTABLE);
}

void arch_mmu_init(void) {
    uintptr_t base = ROUND_DOWN(ram_start, GB);
    arch_mmu_tables[0][0] = BLOCK_DEVICE;
    arch_mmu_tables[0][base / GB] = (uintptr_t)arch_mmu_tables[1] | TABLE;
    for (uintptr_t at = (uintptr_t)ram_start; at < (uintptr_t)ram_end; at += BLOCK) {
        arch_mmu_tables[1][(at - base) / BLOCK] = block_of(at);
    }
    for (unsigned i = 0; i < ENTRIES; ++i) {
        arch_mmu_tables[2][i] = block_of((uintptr_t)stacks_start + i * PAGE) | TABLE;
    }
    arch_mmu_tables[1][((uintptr_t)stacks_start - base) / BLOCK] = (uintptr_t)arch_mmu_tables[2] | TABLE;
}

size_t arch_stack_guard(const void *stack) {
    uintptr_t at = (uintptr_t)stack;
    if (at < (uintptr_t)stacks_start || at >= (uintptr_t)stacks_end || at % PAGE != 0) {
        return 0;
    }
    uint64_t *page = &arch_mmu_tables[2][at % BLOCK / PAGE];
    if (!(*page & READ_ONLY)) {
        *page |= READ_ONLY;
        // On every core.
        __asm volatile ("dsb ishst\n tlbi vaae1is, %0\n dsb ish\n isb" : : "r" (at / PAGE) : "memory");
    }
    return PAGE;
}
