// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console and the finest clock as MicroPython's HAL wants them. Other time is in hal_bare.c, or in vm/ where there
// are threads.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "clock.h"
#include "uart.h"

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    uintptr_t ready = 0;
    if ((poll_flags & MP_STREAM_POLL_RD) && uart_is_readable()) {
        ready |= MP_STREAM_POLL_RD;
    }
    if ((poll_flags & MP_STREAM_POLL_WR) && uart_is_writable()) {
        ready |= MP_STREAM_POLL_WR;
    }
    return ready;
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        int c = uart_getc();
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    uart_write(str, len);
    return len;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return clock_ticks();
}
