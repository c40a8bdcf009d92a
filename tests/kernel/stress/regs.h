// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Whether registers stay what they were: 0, if so.
#ifndef STRESS_REGS_H
#define STRESS_REGS_H

#include <stdint.h>

// Fills those that a called function keeps, and calls `fn`.
uint64_t regs_hold(unsigned seed, void (*fn)(void *arg), void *arg);

// Fills all there are, and counts `turns`, during which only interrupts come.
uint64_t regs_spin(unsigned seed, unsigned turns);

#endif // STRESS_REGS_H
