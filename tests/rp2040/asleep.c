// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Sleeps for ever.
#include "pico.h"

int main(void) {
    for (;;) {
        wfe();
    }
}
