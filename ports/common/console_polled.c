// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console for images without MicroPython: output only, by polling, in any context, of one core at a time.
#include "console.h"

static void put_all(const char *text, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        wire_put(text[i]);
    }
}

#if ARCH_CORES > 1
#include "kern.h"

#define PATIENCE (10000000) // turns: who has the lock so long was stopped with it

void console_write(const char *text, size_t len) {
    static struct k_spinlock writing;
    k_spinlock_key_t key;
    for (int turns = 0; k_spin_trylock(&writing, &key) != 0; ++turns) {
        if (turns == PATIENCE) {
            put_all(text, len); // of a fault, which may be one here
            return;
        }
        arch_spin();
    }
    put_all(text, len);
    k_spin_release(&writing);
    arch_unmask(key.key);
}
#else
void console_write(const char *text, size_t len) {
    put_all(text, len);
}
#endif

void console_drain(void) {
    wire_flush();
}

// Nobody reads, and the wire is given nothing to take.
bool console_is_read(void) {
    return false;
}

void console_received(const char *text, size_t len) {
}

size_t console_take(char *to, size_t size) {
    return 0;
}
