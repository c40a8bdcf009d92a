// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console over TinyUSB, of the ports whose prompt is there: usb.c; and usb_end.c.
#ifndef INTEGRATIONS_COMMON_HEDDLE_USB_H
#define INTEGRATIONS_COMMON_HEDDLE_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// With interrupts masked. A host that has not read for half a second is not waited for again.
void heddle_usb_write(const char *text, size_t length);

// For 50 ms: the host has what was written, if it listens.
void heddle_usb_flush(void);

// What a board of one core has to say at its end, and its reset once that is out.
void arch_write(const char *text, size_t length);
void arch_exit(int status) __attribute__((noreturn));

// In place of mp_event_wait_ms() and mp_usbd_task() while a write waits for room.
void heddle_usb_wait(uintptr_t ms);
void heddle_usb_task(void);

#endif // INTEGRATIONS_COMMON_HEDDLE_USB_H
