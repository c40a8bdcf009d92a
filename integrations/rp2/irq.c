// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Interrupts of devices come on the first core, whichever core asks for them, and inside the kernel's lock: who masks
// interrupts keeps them out on both. The pico-sdk enables them on the core that asks. Both cores could then have one,
// and what one core disables, or takes apart with its interrupts masked, the other could be in the middle of.
#include "pico.h"
#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/structs/nvic.h"
#include "hardware/structs/scb.h"

#include "board.h"
#include "heddle.h"
#include "heddle_port.h"

#define FIRST VTABLE_FIRST_IRQ

static void failed(void) __attribute__((naked));
void HardFault_Handler(void);
void PendSV_Handler(void);
void TIMER_IRQ_0_Handler(void);
void TIMER_IRQ_1_Handler(void);
void SIO_IRQ_PROC0_Handler(void);
void SIO_IRQ_PROC1_Handler(void);
void __real_irq_set_enabled(uint irq, bool on);
void __wrap_irq_set_enabled(uint irq, bool on);
void __wrap_gpio_set_irq_enabled(uint pin, uint32_t events, bool on);
extern irq_handler_t ram_vector_table[FIRST + NUM_IRQS];

static uint32_t enabled, asked; // a bit for each interrupt; what the second core has enabled, and the first not yet

// What the other core has just taken away may have been on its way.
static void device_interrupt(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint number = __get_current_exception();
    uint32_t bit = 1u << (number - FIRST);
    irq_handler_t handler = ram_vector_table[number];
    if (!(enabled & bit)) {
        nvic_hw->icer = bit;
    } else if (handler != __unhandled_user_irq || nvic_hw->ispr & bit) {
        handler();
    }
    rtos_crit_exit(key);
}

// The pico-sdk's atomic steps have its spin lock 13, which one that fails would have for ever.
static void failed(void) {
    __asm volatile (
        "ldr r0, =0xd0000134\n"
        "str r0, [r0]\n"
        "ldr r0, =HardFault_Handler\n"
        "bx r0\n"
        ".ltorg\n"
    );
}

// For both cores, instead of the pico-sdk's own, which has the devices' handlers. In it are the kernel's and this one.
static const irq_handler_t vectors[FIRST + NUM_IRQS] __attribute__((aligned(256))) = {
    [1 ... 2] = __unhandled_user_irq,
    [3] = failed,
    [4 ... 13] = __unhandled_user_irq,
    [14] = PendSV_Handler,
    [15] = __unhandled_user_irq,
    [FIRST + TIMER_IRQ_0] = TIMER_IRQ_0_Handler,
    [FIRST + TIMER_IRQ_1] = TIMER_IRQ_1_Handler,
    [FIRST + TIMER_IRQ_2 ... FIRST + SIO_IRQ_PROC0 - 1] = device_interrupt,
    [FIRST + SIO_IRQ_PROC0] = SIO_IRQ_PROC0_Handler,
    [FIRST + SIO_IRQ_PROC1] = SIO_IRQ_PROC1_Handler,
    [FIRST + SIO_IRQ_PROC1 + 1 ... FIRST + NUM_IRQS - 1] = device_interrupt,
};

void heddle_irq_init(void) {
    scb_hw->vtor = (uintptr_t)vectors;
}

void __wrap_irq_set_enabled(uint irq, bool on) {
    uint32_t bit = 1u << irq;
    rtos_crit_t key = rtos_crit_enter();
    enabled = on ? enabled | bit : enabled & ~bit;
    if (get_core_num() == 0) {
        __real_irq_set_enabled(irq, on);
    } else if (on) {
        asked |= bit;
        board_ipi(0);
    }
    rtos_crit_exit(key);
}

void heddle_irq_told(void) {
    rtos_crit_t key = rtos_crit_enter();
    if (get_core_num() == 0) {
        irq_set_mask_enabled(asked & enabled, true);
        asked = 0;
    }
    rtos_crit_exit(key);
}

void __wrap_gpio_set_irq_enabled(uint pin, uint32_t events, bool on) {
    rtos_crit_t key = rtos_crit_enter();
    gpio_acknowledge_irq(pin, events);
    io_rw_32 *inte = &io_bank0_hw->proc0_irq_ctrl.inte[pin / 8];
    events <<= pin % 8 * 4;
    *inte = on ? *inte | events : *inte & ~events;
    rtos_crit_exit(key);
}

// ---- the pico-sdk's list of handlers, which it finds by the register that says where the vectors are

typedef struct {
    rtos_crit_t key;
    uint32_t vectors;
} entered_t;

static entered_t enter(void) {
    entered_t at = { rtos_crit_enter(), scb_hw->vtor };
    scb_hw->vtor = (uintptr_t)ram_vector_table;
    return at;
}

static void leave(const entered_t *at) {
    scb_hw->vtor = at->vectors;
    rtos_crit_exit(at->key);
}

#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters { \
        __attribute__((cleanup(leave))) entered_t at = enter(); \
        return __real_##name arguments; \
    }

WRAP(void, irq_set_exclusive_handler, (uint irq, irq_handler_t handler), (irq, handler))
WRAP(irq_handler_t, irq_get_exclusive_handler, (uint irq), (irq))
WRAP(void, irq_add_shared_handler, (uint irq, irq_handler_t handler, uint8_t order), (irq, handler, order))
WRAP(void, irq_remove_handler, (uint irq, irq_handler_t handler), (irq, handler))
WRAP(bool, irq_has_shared_handler, (uint irq), (irq))
