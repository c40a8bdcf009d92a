// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The life of the interpreter, the same with threads and without: every turn of python_main()'s loop is one soft
// reset. With threads it runs in a thread of its own, and vm/ supplies the heddle_ functions.
#include "py/builtin.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"
#include "shared/runtime/softtimer.h"
#include "shared/timeutils/timeutils.h"
#if MICROPY_VFS_FAT
#include "lib/oofatfs/ff.h"
#endif

#include "board.h"
#include "control.h"
#include "hostscript.h"
#include "ramdisk.h"

#if MICROPY_PY_THREAD
#include "heddle.h"
#else
#include "hal_bare.h"

static void heddle_init(void) {
    hal_bare_stack_init();
}

static void heddle_python_begin(void) {
}

static void heddle_python_end(void) {
    soft_timer_deinit();
}

static int heddle_prompt(int (*prompt)(void)) {
    return prompt();
}

static void heddle_start(void (*python)(void *)) {
    hal_bare_init();
    python(NULL);
}
#endif

extern char heap_start[], heap_end[];

const char help_text[] =
    "Welcome to MicroPython on the " MICROPY_HW_BOARD_NAME ".\n"
    "\n"
    "Ctrl-A raw prompt, Ctrl-B this prompt, Ctrl-C interrupt, Ctrl-D soft reset, Ctrl-E paste.\n"
    "Files are in RAM: they survive a soft reset and machine.reset().\n"
    "help('modules') lists what can be imported, help(obj) says what is in obj.\n";

static void python_init(void) {
    heddle_init();
    gc_init(heap_start, heap_end);
    mp_init();
    heddle_python_begin();
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__slash_lib));
    readline_init0();
    ramdisk_mount();
}

static void python_deinit(void) {
    heddle_python_end();
    // Upstream's line, which mpremote waits for: when no thread can write into it any more.
    mp_printf(&mp_plat_print, "MPY: soft reboot\n");
    gc_sweep_all();
    mp_deinit();
}

static bool run_file(const char *name) {
    return !(pyexec_file_if_exists(name) & PYEXEC_FORCED_EXIT);
}

static void run_prompt(void) {
    int ret;
    do {
        ret = heddle_prompt(pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl : pyexec_friendly_repl);
    } while (ret == 0);
}

// As upstream's boards do: a raw prompt over a soft reset skips main.py, and so does a forced exit of boot.py.
static void run_files_and_prompt(void) {
    if (!run_file("boot.py")) {
        return;
    }
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && !run_file("main.py")) {
        return;
    }
    run_prompt();
}

static void python_main(void *arg) {
    for (;;) {
        python_init();
        if (hostscript_exists()) {
            int status = hostscript_run();
            heddle_python_end();
            board_exit(status);
        }
        run_files_and_prompt();
        python_deinit();
    }
}

int main(void) {
    board_init();
    heddle_start(python_main);
    return 0;
}

void nlr_jump_fail(void *val) {
    board_panic("uncaught exception without a handler");
}

#if MICROPY_VFS_FAT
// Files are dated by the time since the board started.
DWORD get_fattime(void) {
    timeutils_struct_time_t tm;
    timeutils_seconds_since_epoch_to_struct_time(mp_hal_time_ns() / 1000000000, &tm);
    return ((DWORD)(tm.tm_year - 1980) << 25) | ((DWORD)tm.tm_mon << 21) | ((DWORD)tm.tm_mday << 16)
           | (tm.tm_hour << 11) | (tm.tm_min << 5) | (tm.tm_sec / 2);
}
#endif
