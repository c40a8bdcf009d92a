// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Before all else in NXP's drivers: who waits for an event looks again after each of their interrupts.
#ifndef INTEGRATIONS_MIMXRT_HEDDLE_ISR_H
#define INTEGRATIONS_MIMXRT_HEDDLE_ISR_H

#include "fsl_common.h"

void heddle_interrupted(void);
#undef SDK_ISR_EXIT_BARRIER
#define SDK_ISR_EXIT_BARRIER (heddle_interrupted(), __DSB())

#endif // INTEGRATIONS_MIMXRT_HEDDLE_ISR_H
