// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The start of an image that is our own kernel and an application.
#include "control.h"
#include "kern.h"

void board_start(void);

void board_start(void) {
    board_init();
    kern_main();
}
