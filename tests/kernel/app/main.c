// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A small program for our own kernel: make app APP=tests/kernel/app. Its status is what main() returns.
#include <zephyr/kernel.h>

K_SEM_DEFINE(filled, 0, 1);
K_SEM_DEFINE(emptied, 1, 1);
static int box;

static void producer(void *p1, void *p2, void *p3) {
    for (int i = 1; i <= 3; ++i) {
        k_msleep(10);
        k_sem_take(&emptied, K_FOREVER);
        box = i * i;
        k_sem_give(&filled);
    }
}

K_THREAD_DEFINE(producer_thread, 1024, producer, NULL, NULL, NULL, -1, 0, 0);

int main(void) {
    int sum = 0;
    for (int i = 0; i < 3; ++i) {
        k_sem_take(&filled, K_FOREVER);
        printk("%s: got %d from %s\n", k_thread_name_get(k_current_get()), box, k_thread_name_get(producer_thread));
        sum += box;
        k_sem_give(&emptied);
    }
    return sum;
}
