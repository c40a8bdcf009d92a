// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the kernel asks of a processor. The inlines, and what a thread keeps, are in each one's arch_kernel.h:
//
//  ARCH_CORES              the most cores there can be
//  ARCH_STACK_ALIGN, _MIN, _GUARD, _SECTION
//                          bytes; those at the low end that nobody may write; an attribute of static stacks
//  ARCH_STACK_GRANULE, ARCH_STACK_GUARD_OF(stack)
//                          optional, where only static stacks have a guard: what their sizes are multiples of; sets
//                          up the guard of one and says how large it is, 0 where there is none
//  ARCH_STACK_GUARD_ANYWHERE
//                          as ARCH_STACK_GUARD, of a stack that is not in that section
//  ARCH_IDLE_LOOKS         optional: whether an idle thread looks for a deadlock, where that is configured
//  ARCH_SWITCHES_ITSELF    1: a switch that was asked for happens when interrupts are enabled, without a call
//  arch_thread_t           begins with the saved stack pointer, where arch/ wants one
//  arch_core(), arch_core_count()
//                          with interrupts masked, this core
//  ARCH_CUSTOM_DATA        optional: where a switch has put the running thread's custom data, for one access
//  arch_mask(), arch_unmask(key)
//                          0: interrupts were enabled, and this is no interrupt
//  arch_masked()           interrupts are, or this is one
//  arch_in_isr(), arch_current()
//                          in any context: one access, which a migration cannot come between
//  arch_spin(), arch_spin_wake()
//                          in a loop that waits for another core; after what it waits for
//  arch_ticks(), arch_cycles_32(), arch_cycles_64()
//                          time since the start: microseconds, and what the processor counts
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include <zephyr/kernel.h>

#ifndef ARCH_IDLE_LOOKS
#define ARCH_IDLE_LOOKS (true)
#endif

#ifndef ARCH_STACK_GUARD_OF
#define ARCH_STACK_GUARD_OF(stack) ((void)(stack), ARCH_STACK_GUARD)
#endif

// A thread that was not run yet: it begins in kern_thread_entry() with these arguments and interrupts enabled.
void arch_thread_init(struct k_thread *t, k_thread_entry_t entry, void *p1, void *p2, void *p3);

// L. This core calls kern_pick() when it gives back the lock and enables interrupts, or leaves its interrupt.
void arch_switch_ask(void);

// Where the registers of a thread are that does not run: on its stack from here up, or in its k_thread.
void *arch_saved_sp(const struct k_thread *t);

// L, in a thread: give the lock back, let kern_pick() choose, and return when this thread runs again, without the lock
// and with interrupts as `key` says; with the lock, where `key` is of a nested section.
void arch_swap(uint32_t key);

// L. Interrupt another core: kern_ipi_isr().
void arch_ipi(unsigned core);

// L. Call kern_timer_isr() on this core at `at` ticks or soon after, KERN_NEVER for not at all. It may come early.
void arch_timer_set(int64_t at);

// Wait for an interrupt, or not; in the idle thread. One ends it also where interrupts are masked.
void arch_idle(void);

// With interrupts masked. Whether a device may interrupt, other than the kernel's own timers and what only software
// raises; or something does already that would come to this core.
bool arch_irq_source(void);

// Start the other cores, and become the idle thread of the first one.
void arch_start(void) __attribute__((noreturn));

// Write to the console, in any context.
void arch_write(const char *text, size_t length);

// Leave with a status, in any context.
void arch_exit(int status) __attribute__((noreturn));

#endif // KERNEL_ARCH_H
