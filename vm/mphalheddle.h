// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For a port's mphalport.h.
#ifndef HEDDLE_VM_MPHALHEDDLE_H
#define HEDDLE_VM_MPHALHEDDLE_H

#include <stdint.h>

#include "py/obj.h"

void heddle_sleep(mp_obj_t seconds);
void heddle_event_signal(void);
void heddle_event_wait_uninterruptible(uint32_t ms);

#endif // HEDDLE_VM_MPHALHEDDLE_H
