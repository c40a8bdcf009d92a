// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "sys.h"
#include "../bench.c"

#include "console.h"
#include "control.h"

#define MAIN_WORDS (1024)

StaticTask_t sys_tasks[SYS_SLOTS];
StackType_t sys_stacks[SYS_SLOTS][SYS_STACK / sizeof(StackType_t)] __attribute__((aligned(8)));

static StackType_t main_stack[MAIN_WORDS] __attribute__((aligned(8)));

void sys_write(const char *text, size_t length) {
    console_write(text, length);
}

static void main_task(void *arg) {
    bench_main();
    board_exit(0);
}

void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack, uint32_t *words) {
    static StaticTask_t idle;
    static StackType_t idle_stack[configMINIMAL_STACK_SIZE] __attribute__((aligned(8)));
    *task = &idle;
    *stack = idle_stack;
    *words = configMINIMAL_STACK_SIZE;
}

int main(void) {
    board_init();
    xTaskCreateStatic(main_task, "main", MAIN_WORDS, NULL, MAIN, main_stack, &sys_tasks[0]);
    vTaskStartScheduler();
    return 1;
}
