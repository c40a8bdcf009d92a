// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the suite asks of its platform, on the host: arguments are the program's, the console is its standard output.
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

void contract_write(const char *text, size_t len) {
    for (ssize_t n = 0; len > 0 && n >= 0; text += n, len -= n) {
        n = write(STDOUT_FILENO, text, len);
    }
}

void contract_exit(int status) {
    _exit(status);
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
}
