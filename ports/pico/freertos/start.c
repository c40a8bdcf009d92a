// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What start.c of ports/common/rp2040 does is the pico-sdk's here.
#include "startup.h"

void clock_init(void) {
}
