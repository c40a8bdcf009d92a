// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract suite: one case a promise of docs/contract.md, the same source for every adapter and board.
//
// A case uses include/ and what is here, nothing else. It runs in the first thread, which is stoppable and has the
// priority RTOS_PRIORITY_PYTHON, and ends with all its threads joined. The first promise that is not kept ends the
// program: what state the kernel is in is unknown then, and suite.py starts it again behind that case.
#ifndef HEDDLE_TESTS_CONTRACT_H
#define HEDDLE_TESTS_CONTRACT_H

#include <errno.h>

#include "board.h"
#include "rtos.h"
#include "rtos_atomic.h"

// ---- what a platform gives: host.c, and the board's contract_main.c

// Write to the console, in any context.
void contract_write(const char *text, size_t len);

// Leave with a status, in any context.
void contract_exit(int status) __attribute__((noreturn));

// How urgent interrupts can be: board_irq_raise after contract_irq_level(n) has the nth level of so many. 0 is the
// usual one, the last the most urgent that the board has; at that one `fn` calls nothing of the contract.
unsigned contract_irq_levels(void);
void contract_irq_level(unsigned level);

// In the first thread, before the first case.
void contract_started(void);

// One turn of a loop that waits for something without blocking.
void contract_spin(void);

// The platform calls this once it has a console, and never gets back: run what `arguments`, words with a space between
// them, name. "list" names the cases and what they promise; "case=name" runs one and "after=name" those behind one;
// "exact" says that time is instructions, so that bounds on latencies can be held. "fault=kind" runs each case again
// and again, and each time another step of that kind fails or comes late; "n=number" says where to begin with that.
void contract_main(const char *arguments) __attribute__((noreturn));

// ---- faults, put by the platform between the adapter and what is below it

// Whether this step of a kind is the one that fails or comes late; in any context.
bool contract_strikes(const char *kind);

// Whether it was, in this run of the case.
bool contract_struck(void);

#define LATE_US (5000)

// ---- cases

// What a case needs of the kernel below; without it is "n/a", with the reason, and not "ok".
enum {
    ANYWHERE = 0,
    STRICT = 1, // the most urgent thread that can run does
    SEVERAL_CORES = 2,
    ASSERTS = 4, // a build with assertions
    ONE_CORE = 16,
    REAL = 8, // a processor: loops are displaced, interrupts come at once, and time does not jump
    UNASKED = 32, // a loop is stopped without asking for it
};

// 0 where an adapter's threads are the host's, which has its own mind about priorities.
#ifndef CONTRACT_STRICT
#define CONTRACT_STRICT (1)
#endif

// 1 for the simulator: threads are displaced and interrupts come in calls only, any time may pass there, and many
// rounds take long.
#ifndef CONTRACT_SIMULATED
#define CONTRACT_SIMULATED (0)
#endif
#define ROUNDS(n) (CONTRACT_SIMULATED ? (n) / 20 : (n))

// 1 where only a call, such as that of contract_spin, stops a loop.
#ifdef rtos_poll
#define CONTRACT_POLLED (1)
#else
#define CONTRACT_POLLED (0)
#endif

typedef struct {
    const char *name;
    const char *section; // of docs/contract.md
    const char *promise;
    void (*run)(void);
    unsigned needs;
} contract_case_t;

// A file's table of cases ends with CASES_END.
#define CASE(function, section, promise, needs) { #function, section, promise, function, needs }
#define CASES_END { 0 }

extern const contract_case_t context_cases[], crit_cases[], join_cases[], priority_cases[], stack_cases[];
extern const contract_case_t thread_cases[], tick_cases[], time_cases[], token_cases[], world_cases[];

// What context_cases see of the time before the start.
void context_before_start(void);

// Whether time is instructions, and nothing was made late.
bool contract_exact(void);

// Checks, from any context; they end the case and the program if they fail.
#define CHECK(expr) ((expr) ? (void)0 : contract_fail(__FILE__, __LINE__, #expr))
#define CHECK_IS(expr, wanted) contract_range(__FILE__, __LINE__, #expr, expr, wanted, wanted)
#define CHECK_RANGE(expr, low, high) contract_range(__FILE__, __LINE__, #expr, expr, low, high)
void contract_fail(const char *file, int line, const char *expr) __attribute__((noreturn));
void contract_range(const char *file, int line, const char *expr, int64_t value, int64_t low, int64_t high);

// The case's promise is that the board stops now and says `how` among other things.
void contract_dies(const char *how);

// What threads and interrupts share without a critical section or a join between them is set by rtos_poke and looked at
// by rtos_peek. This counts it up, by one thread or interrupt at a time.
#define COUNT_UP(variable) rtos_poke(variable, rtos_peek(variable) + 1)

// ---- threads, out of a pool of POOL

#define POOL (8)

// Made and not started; started; and waited for, its memory overwritten.
rtos_thread_t *prepare(void (*entry)(void *arg), void *arg, unsigned priority);
rtos_thread_t *spawn(void (*entry)(void *arg), void *arg, unsigned priority);
void reap(rtos_thread_t *t);

// The same for a thread that is not stoppable.
rtos_thread_t *prepare_service(void (*entry)(void *arg), void *arg, unsigned priority);
rtos_thread_t *spawn_service(void (*entry)(void *arg), void *arg, unsigned priority);

// rtos_thread_create; if that fails by a fault, again with the same memory.
int create(rtos_thread_t *t, const rtos_thread_config_t *config);

// The config of a pool thread, for a case that creates one itself, and its memory given back without a join.
rtos_thread_t *pool_take(rtos_thread_config_t *config);
void pool_give(rtos_thread_t *t);

// What memory is overwritten with, and the cores of pool threads; the runner sets both before each case.
extern uint8_t pool_fill;
extern uint8_t pool_cores;

// The runner: nobody has a thread of the pool, and all memory is as pool_give left it.
void pool_begin(void);
void pool_check(void);

// A loop that calls nothing, for `arg` a spinner_t.
typedef struct {
    uint32_t turns;
    bool stop;
} spinner_t;
void spinner_main(void *arg);

// Parks for ever again and again, for `arg` a parker_t, until `stop` and one token more. It is `ready` once it has no
// old token any more.
typedef struct {
    uint32_t wakes;
    bool ready;
    bool stop;
} parker_t;
void parker_main(void *arg);

// Started and ready, stoppable if it is below the stop level; and ended.
rtos_thread_t *spawn_parker(parker_t *p, unsigned priority);
void reap_parker(rtos_thread_t *t, parker_t *p);

// ---- time, and waiting for what others do

// A case gives up after this long: only a broken promise or a stopped host gets there. In the simulator it hangs.
#define LIMIT_MS (CONTRACT_SIMULATED ? RTOS_FOREVER : 30000)
#define LIMIT_US (LIMIT_MS * UINT64_C(1000))

void spin_us(uint32_t us);

// Waits, and lets others run, until `expr` holds.
#define AWAIT(expr) \
    do { \
        uint64_t limit_us_ = rtos_now_us() + LIMIT_US; \
        while (!(expr)) { \
            CHECK((expr) || rtos_now_us() < limit_us_); \
            rtos_park(1); \
        } \
    } while (0)

// `expr` holds by now; where there are several cores or something was made late, as soon as another one got to it.
#define SOON(expr) \
    do { \
        bool later_ = rtos_core_count() > 1 || !CONTRACT_STRICT || CONTRACT_SIMULATED || contract_struck(); \
        uint64_t limit_us_ = rtos_now_us() + (later_ ? LIMIT_US : 0); \
        while (!(expr)) { \
            CHECK((expr) || rtos_now_us() < limit_us_); \
            contract_spin(); \
        } \
    } while (0)

// Run `fn` in an interrupt and return when it has run.
void in_interrupt(void (*fn)(void));

#endif // HEDDLE_TESTS_CONTRACT_H
