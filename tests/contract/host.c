// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the suite asks of its platform, on the host: arguments are the program's, the console is its standard output.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"

int main(int argc, char **argv) {
    static char arguments[200];
    for (int i = 1; i < argc; ++i) {
        if (strlen(arguments) + strlen(argv[i]) + 2 > sizeof(arguments)) {
            contract_write("too many arguments\n", 19);
            return 2;
        }
        strcat(strcat(arguments, i > 1 ? " " : ""), argv[i]);
    }
    contract_main(arguments);
}

// What ThreadSanitizer's runtime asks, where it is linked in. Threads that end with the program have not been joined.
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "halt_on_error=1:report_thread_leaks=0:exitcode=66:atexit_sleep_ms=0";
}

void contract_write(const char *text, size_t len) {
    for (ssize_t n = 0; len > 0 && n >= 0; text += n, len -= n) {
        n = write(STDOUT_FILENO, text, len);
    }
}

void contract_exit(int status) {
    _exit(status);
}

// In place of libc's, which allocates: an assertion may be one of a signal's handler.
void __assert_fail(const char *expr, const char *file, unsigned line, const char *function) {
    (void)file;
    (void)line;
    (void)function;
    contract_write("assert: ", 8);
    contract_write(expr, strlen(expr));
    contract_write("\n", 1);
    contract_exit(1);
}

// All signals are alike.
unsigned contract_irq_levels(void) {
    return 1;
}

void contract_irq_level(unsigned level) {
    (void)level;
}

void contract_started(void) {
}

void contract_spin(void) {
    #ifdef rtos_poll
    rtos_poll();
    #endif
}
