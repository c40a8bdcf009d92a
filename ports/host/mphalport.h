// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef HOST_MPHALPORT_H
#define HOST_MPHALPORT_H

#include "shared/runtime/interrupt_char.h"

#include "mphalheddle.h"

#endif // HOST_MPHALPORT_H
