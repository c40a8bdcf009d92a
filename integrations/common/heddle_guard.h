// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What our kernel wants of the MPU of ARMv7-M before it starts, where heddle.mk gives it BOARD_GUARD_REGION; nothing
// elsewhere. Behind CMSIS's header of the chip.
#ifndef INTEGRATIONS_COMMON_HEDDLE_GUARD_H
#define INTEGRATIONS_COMMON_HEDDLE_GUARD_H

#include <stdint.h>

// 32 read-only bytes, which the kernel moves; up to then in the flash, which is at `base`. `memory` is what RASR's TEX,
// C and B say of the memory around a stack, 0 where it is not cached.
static inline void heddle_guard_init(uint32_t base, uint32_t memory) {
    #ifdef BOARD_GUARD_REGION
    MPU->RNR = BOARD_GUARD_REGION;
    MPU->RBAR = base;
    MPU->RASR = 6 << MPU_RASR_AP_Pos | 4 << MPU_RASR_SIZE_Pos | MPU_RASR_ENABLE_Msk | MPU_RASR_XN_Msk | memory;
    MPU->CTRL = MPU_CTRL_PRIVDEFENA_Msk | MPU_CTRL_ENABLE_Msk;
    __DSB();
    __ISB();
    #else
    (void)base;
    (void)memory;
    #endif
}

#endif // INTEGRATIONS_COMMON_HEDDLE_GUARD_H
