// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "sys.h"
#include "../bench.c"

struct k_thread sys_threads[SYS_SLOTS];
K_THREAD_STACK_ARRAY_DEFINE(sys_stacks, SYS_SLOTS, SYS_STACK);

void sys_write(const char *text, size_t length) {
    printk("%.*s", (int)length, text);
}

int main(void) {
    k_thread_priority_set(k_current_get(), 3);
    bench_main();
    return 0;
}
