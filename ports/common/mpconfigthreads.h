// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The end of a board's configuration: what threads want, or what takes their place.
#ifndef PORTS_MPCONFIGTHREADS_H
#define PORTS_MPCONFIGTHREADS_H

#if MICROPY_PY_THREAD
#include "mpconfigheddle.h"
#else
#include "irq.h"

#define MICROPY_BEGIN_ATOMIC_SECTION() irq_mask()
#define MICROPY_END_ATOMIC_SECTION(state) irq_unmask(state)

// An event just missed is seen at the next tick, a millisecond later at most.
#define MICROPY_INTERNAL_WFE(timeout_ms) irq_wait()

#define MICROPY_PY_PENDSV_ENTER uint32_t pendsv_state = irq_mask();
#define MICROPY_PY_PENDSV_EXIT irq_unmask(pendsv_state);
#endif

#endif // PORTS_MPCONFIGTHREADS_H
