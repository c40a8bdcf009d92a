// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console over TinyUSB: also where interrupts are masked, and for several threads at once.
#include "py/mphal.h"
#include "device/dcd.h"
#include "shared/tinyusb/mp_usbd.h"
#include "tusb.h"

#include "board.h"
#include "heddle.h"
#include "heddle_usb.h"

void __real_tud_task_ext(uint32_t ms, bool in_isr);
void __wrap_tud_task_ext(uint32_t ms, bool in_isr);

// What USB's interrupt does, where interrupts are masked.
static void poll(void) {
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
        poll();
        deaf = board_clock_us() >= until;
    }
}

void heddle_usb_write(const char *text, size_t length) {
    for (size_t i = 0; i < length && tusb_inited(); ++i) {
        write_masked(text[i] == '\n' ? "\r\n" : &text[i], text[i] == '\n' ? 2 : 1);
    }
}

void heddle_usb_flush(void) {
    for (uint64_t until = board_clock_us() + 50000; board_clock_us() < until && tusb_inited();) {
        poll();
    }
}

// A write that waits for room runs no Python and raises nothing: the console is held meanwhile.
void heddle_usb_wait(uintptr_t ms) {
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
