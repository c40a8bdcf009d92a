// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef PORTS_KERNELNAME_H
#define PORTS_KERNELNAME_H

#include "py/mpconfig.h"

#if MICROPY_PY_THREAD
#include "rtos.h"
#define kernel_name() rtos_kernel_name()
#else
#define kernel_name() "no kernel"
#endif

#endif // PORTS_KERNELNAME_H
