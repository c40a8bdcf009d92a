// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board behind include/board.h, over the pico-sdk; and the other core held while the flash cannot be read.
#include <stdbool.h>
#include <string.h>

#include "pico.h"
#include "hardware/sync.h"
#include "hardware/watchdog.h"
#include "pico/mutex.h"

#include "board.h"
#include "heddle.h"
#include "heddle_port.h"
#include "heddle_usb.h"

bool __real_mutex_enter_timeout_ms(mutex_t *mutex, uint32_t ms);
bool __wrap_mutex_enter_timeout_ms(mutex_t *mutex, uint32_t ms);

void board_idle(void) {
    __wfi();
}

// Of a core that has failed, or has been stopped for that, nobody knows what it had locked.
void heddle_write_masked(const char *text, size_t length) {
    if (heddle_halting()) {
        spin_locks_reset();
    }
    heddle_usb_write(text, length);
}

void board_reset(void) {
    watchdog_reboot(0, SRAM_END, 0);
    for (;;) {
        __wfi();
    }
}

// Once the host has had what was written.
void heddle_exit_masked(void) {
    heddle_usb_flush();
    board_reset();
}

void board_panic(const char *message) {
    (void)save_and_disable_interrupts();
    heddle_halt_other();
    heddle_write_masked(message, strlen(message));
    heddle_write_masked("\n", 1);
    heddle_exit_masked();
}

// ---- USB

// TinyUSB's. Who has one when a failure is reported does not give it back.
bool __wrap_mutex_enter_timeout_ms(mutex_t *mutex, uint32_t ms) {
    return heddle_halting() || __real_mutex_enter_timeout_ms(mutex, ms);
}

// TinyUSB's driver takes for granted that its interrupt and who starts transfers are on one core: the interrupt that
// ends a transfer then clears what the next one, of another core, has set. Interrupts have this lock, too.
bool __real_dcd_edpt_xfer(uint8_t port, uint8_t endpoint, uint8_t *buffer, uint16_t size);
bool __wrap_dcd_edpt_xfer(uint8_t port, uint8_t endpoint, uint8_t *buffer, uint16_t size);

bool __wrap_dcd_edpt_xfer(uint8_t port, uint8_t endpoint, uint8_t *buffer, uint16_t size) {
    rtos_crit_t key = rtos_crit_enter();
    bool started = __real_dcd_edpt_xfer(port, endpoint, buffer, size);
    rtos_crit_exit(key);
    return started;
}

// ---- the flash

static uint32_t locked;
static uint32_t lock_state;
static volatile bool hold, held;

// In RAM.
void __no_inline_not_in_flash_func(board_told)(void) {
    uint32_t state = save_and_disable_interrupts();
    while (hold) {
        held = true;
    }
    held = false;
    restore_interrupts(state);
    heddle_irq_told();
}

static bool other_runs(void) {
    return rtos_thread_self() != NULL && rtos_core_count() > 1;
}

// Masked from here on, or a soft reset could end who has the lock.
static bool lock_taken(void) {
    uint32_t state = save_and_disable_interrupts(), free = 0;
    if (__atomic_compare_exchange_n(&locked, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        lock_state = state;
        return true;
    }
    restore_interrupts(state);
    return false;
}

void heddle_flash_lock(void) {
    if (rtos_masked() && other_runs()) {
        heddle_raise_would_wait(); // the other core may wait for this one with interrupts masked
    }
    while (!lock_taken()) {
        rtos_park(1);
    }
    if (!other_runs()) {
        heddle_other_off(); // or it comes too late, and waits in the flash
    } else {
        hold = true;
        board_ipi(1 - get_core_num());
        while (!held) {
        }
    }
}

void heddle_flash_unlock(void) {
    uint32_t state = lock_state;
    hold = false;
    while (held) {
    }
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
    restore_interrupts(state);
}
