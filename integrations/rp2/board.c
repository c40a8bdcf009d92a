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

#include "device/dcd.h"
#include "py/mphal.h"
#include "shared/tinyusb/mp_usbd.h"
#include "tusb.h"
#include "board.h"
#include "heddle.h"
#include "heddle_port.h"

void __real_tud_task_ext(uint32_t ms, bool in_isr);
void __wrap_tud_task_ext(uint32_t ms, bool in_isr);
bool __real_mutex_enter_timeout_ms(mutex_t *mutex, uint32_t ms);
bool __wrap_mutex_enter_timeout_ms(mutex_t *mutex, uint32_t ms);

void board_idle(void) {
    __wfi();
}

// What USB's interrupt does, where interrupts are masked.
static void usb_poll(void) {
    tud_cdc_write_flush();
    dcd_int_handler(0);
    __real_tud_task_ext(0, false);
}

// A host that has not read for half a second is not waited for again.
static void write_masked(const char *text, size_t length) {
    static bool deaf;
    uint64_t until = board_clock_us() + 500000;
    while (length != 0 && !deaf) {
        size_t written = tud_cdc_write(text, length);
        text += written;
        length -= written;
        usb_poll();
        deaf = board_clock_us() >= until;
    }
}

// Of a core that has failed, or has been stopped for that, nobody knows what it had locked.
void heddle_write_masked(const char *text, size_t length) {
    if (heddle_halting()) {
        spin_locks_reset();
    }
    for (size_t i = 0; i < length; ++i) {
        write_masked(text[i] == '\n' ? "\r\n" : &text[i], text[i] == '\n' ? 2 : 1);
    }
}

void board_reset(void) {
    watchdog_reboot(0, SRAM_END, 0);
    for (;;) {
        __wfi();
    }
}

// Once the host has had what was written.
void heddle_exit_masked(void) {
    for (uint64_t until = board_clock_us() + 50000; board_clock_us() < until;) {
        usb_poll();
    }
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

// A write that waits for room runs no Python and raises nothing: the console is held meanwhile.
void heddle_usb_wait(mp_uint_t ms) {
    heddle_event_wait_uninterruptible(ms);
}

// Who waits for room does TinyUSB's work itself, as the main thread may wait for the console meanwhile.
void heddle_usb_task(void) {
    mp_usbd_task_callback(NULL);
}

// One thread at a time does it; what it finds is all there is.
void __wrap_tud_task_ext(uint32_t ms, bool in_isr) {
    static uint32_t busy;
    uint32_t idle = 0;
    if (__atomic_compare_exchange_n(&busy, &idle, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        __real_tud_task_ext(ms, in_isr);
        __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    }
}

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
