// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console and the finest clock as MicroPython's HAL wants them. Other time is in hal_bare.c, or in vm/ where
// there are threads.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "console.h"
#include "control.h"
#include "hostscript.h"

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    uintptr_t ready = 0;
    if ((poll_flags & MP_STREAM_POLL_RD) && console_is_readable()) {
        ready |= MP_STREAM_POLL_RD;
    }
    if ((poll_flags & MP_STREAM_POLL_WR) && console_is_writable()) {
        ready |= MP_STREAM_POLL_WR;
    }
    return ready;
}

// Where input can end: a script finds that out, and at the prompt there is nothing left to do.
int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        int c = console_getc();
        if (c >= 0) {
            return c;
        }
        if (console_has_ended()) {
            if (!hostscript_runs()) {
                board_exit(0);
            }
            mp_raise_type(&mp_type_EOFError);
        }
        mp_event_wait_indefinite();
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    console_write(str, len);
    return len;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return board_ticks_cpu();
}
