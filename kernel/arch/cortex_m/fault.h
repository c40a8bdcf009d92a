// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the files of a fault's report share. What a processor says of a fault differs: fault_v7m.c, fault_v6m.c.
#ifndef ARCH_CORTEX_M_FAULT_H
#define ARCH_CORTEX_M_FAULT_H

#include "kern.h"
#include "cm_regs.h"

#define EXC_RETURN_PSP (1u << 2)

// What the processor pushed.
typedef struct {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
} fault_frame_t;

typedef struct {
    uint32_t r4_to_r11[8];
    fault_frame_t frame;
} fault_kept_t;
extern fault_kept_t arch_fault_kept[ARCH_CORES];

// The line that says what was wrong, of a thread, or of none where `t` is NULL. `sp` is where the frame is.
void fault_say_cause(const struct k_thread *t, const fault_kept_t *kept, uintptr_t sp, uintptr_t psp,
    uint32_t exc_return);

// Whether there was no room for a frame.
bool fault_is_frame_lost(const struct k_thread *t, uintptr_t psp);

// What the processor has said, the end of the line of registers.
void fault_say_status(void);

#endif // ARCH_CORTEX_M_FAULT_H
