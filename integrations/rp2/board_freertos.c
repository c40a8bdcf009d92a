// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOS leaves to the board beside board.c: the interrupt between the cores is its, and board.c has things to
// tell, too.
#include "hardware/irq.h"
#include "hardware/structs/sio.h"
#include "pico/multicore.h"

#include "board.h"
#include "heddle.h"
#include "heddle_port.h"

static irq_handler_t kernel_told;

void heddle_board_start(void (*python)(void *)) {
    heddle_start(python);
}

void board_ipi(unsigned core) {
    (void)core; // the other one; where there is no room it has not looked yet
    sio_hw->fifo_wr = 0;
}

static void told(void) {
    board_told();
    kernel_told();
}

// In place of the pico-sdk's functions in FreeRTOS's port: of its one interrupt, and of the other core's start, whose
// stack MicroPython leaves out. What interrupts have is half of it each core's.
void heddle_kernel_told_by(uint irq, irq_handler_t handler);
void heddle_core1_start(void (*entry)(void));
extern uint32_t __StackBottom[], __StackTop[];

void heddle_kernel_told_by(uint irq, irq_handler_t handler) {
    kernel_told = handler;
    irq_set_exclusive_handler(irq, told);
}

void heddle_core1_start(void (*entry)(void)) {
    size_t half = (__StackTop - __StackBottom) / 2 * sizeof(uint32_t);
    multicore_launch_core1_with_stack(entry, __StackBottom, half);
}

void heddle_board_init(void) {
}

// It goes on, and one that has not been started is in its boot ROM.
void heddle_halt_other(void) {
}

bool heddle_halting(void) {
    return false;
}

void heddle_other_off(void) {
}

// ---- interrupts of devices, which are those of the core that asks, as the pico-sdk has it

void heddle_irq_told(void) {
}

// But for TinyUSB's: see __wrap_dcd_edpt_xfer().
void __real_irq_add_shared_handler(uint irq, irq_handler_t handler, uint8_t order);
void __wrap_irq_add_shared_handler(uint irq, irq_handler_t handler, uint8_t order);
static irq_handler_t usb_handler;

static void usb_interrupt(void) {
    rtos_crit_t key = rtos_crit_enter();
    usb_handler();
    rtos_crit_exit(key);
}

void __wrap_irq_add_shared_handler(uint irq, irq_handler_t handler, uint8_t order) {
    if (irq == USBCTRL_IRQ) {
        usb_handler = handler;
        handler = usb_interrupt;
    }
    __real_irq_add_shared_handler(irq, handler, order);
}
