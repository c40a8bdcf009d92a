// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of what a port's modmachine.c includes: machine.disable_irq() and machine.enable_irq() of extmod/ are
// made of these two.
#include "heddle.h"

#undef MICROPY_BEGIN_ATOMIC_SECTION
#undef MICROPY_END_ATOMIC_SECTION
#define MICROPY_BEGIN_ATOMIC_SECTION() heddle_disable_irq()
#define MICROPY_END_ATOMIC_SECTION(state) heddle_enable_irq(state)
