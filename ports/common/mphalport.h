// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef PORTS_MPHALPORT_H
#define PORTS_MPHALPORT_H

#include "shared/runtime/interrupt_char.h"

#if MICROPY_PY_THREAD
#include "mphalheddle.h"
#define board_event() heddle_event_signal()
#else
// Every interrupt ends a WFI by itself.
#define board_event() (void)0
#endif

#endif // PORTS_MPHALPORT_H
