// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What synchronises: threads' lives, waits, locks, the GIL, the soft reset. Above it is a VM that core reaches only
// through core_vm_*(); below it is rtos.h. Names ending in _locked want the caller inside a critical section.
//
// One rule keeps it small: a thread waits in at most one queue, and whoever takes it out of that queue has granted
// what it waited for. The thread list and the queues change only inside critical sections, and nobody is ever stopped
// inside one, so a stopper finds them whole.
//
// Lock order: GIL, file system, qstr mutex, gc mutex, critical section.
#ifndef HEDDLE_CORE_H
#define HEDDLE_CORE_H

#include "rtos.h"
#include "rtos_atomic.h"

#define CORE_FOREVER (UINT64_MAX)

typedef struct core_thread core_thread_t;
typedef struct core_lock core_lock_t;

// Threads that wait for one thing: most urgent first, then first come. A ring; head->prev is the last.
typedef struct {
    core_thread_t *head;
} core_queue_t;

// Each step is taken by one owner: the creator up to LISTED, the thread itself up to EXITED (or a soft reset, which
// aborts it), the reaper after that.
typedef enum {
    CORE_NEW,
    CORE_LISTED,
    CORE_RUNNING,
    CORE_EXITED,
    CORE_REAPING,
} core_state_t;

// What a queue belongs to, where somebody asks.
typedef enum {
    CORE_WAIT_OTHER,
    CORE_WAIT_JOIN, // without a limit
    CORE_WAIT_JOIN_UNTIL, // with one
    CORE_WAIT_SLEEP, // in no queue
    CORE_WAIT_EVENT,
    CORE_WAIT_IMPORT,
    CORE_WAIT_GIL, // what core_look_locked says of who is in the GIL's queue
    CORE_WAIT_FLAG,
    CORE_WAIT_SEMAPHORE,
    CORE_WAIT_CONDITION,
    CORE_WAIT_QUEUE, // a condition of the VM's queue
    CORE_WAIT_LOCK,
    CORE_WAIT_MUTEX, // for a lock which is not handed over, but free when the wait ends
} core_wait_t;

static inline bool core_is_lock(core_wait_t wait) {
    return wait >= CORE_WAIT_LOCK;
}

struct core_thread {
    rtos_thread_t rtos; // first: the kernel's thread is the record
    core_thread_t *next; // thread list, ring with the main thread as its head
    core_thread_t *prev;
    core_thread_t *queue_next; // wait node
    core_thread_t *queue_prev;
    core_queue_t *volatile queue; // where it waits, NULL when it does not; changes in critical sections
    core_queue_t joiners;
    core_lock_t *lenders; // locks it holds, each with a waiter that is more urgent than `base`
    uint32_t ident; // never reused, 1 is the main thread
    uintptr_t events_seen; // core_event_wait
    rtos_atomic_t state;
    uint8_t base; // its own priority
    uint8_t priority; // the most urgent of that and its lenders'
    uint8_t waits_for; // core_wait_t: whose `queue` is
    bool wants_gil; // whoever grants what it waits for queues it for the GIL
    uint16_t room_seen; // likewise, of waits that are not interruptible
    volatile bool interrupted; // core_interrupt was called; stays until core_vm_pending has nothing more
};

// A lock: who took it (ident << 1, 0 is free) and bit 0 for "somebody waits". Waiters lend their priority to who took
// it, until it is released, by whomever. 12 bytes on a 32-bit core.
struct core_lock {
    rtos_atomic_t word;
    core_queue_t waiters;
    core_lock_t *next; // in `lenders` of who took it
};

// A recursive lock.
typedef struct {
    core_lock_t lock;
    core_thread_t *owner;
    uint32_t depth;
} core_mutex_t;

// What core asks of the VM. PENDING_LOCKED: a scheduled callback waits, but may not run now.
typedef enum {
    CORE_PENDING_NOTHING,
    CORE_PENDING_LOCKED,
    CORE_PENDING_NOW,
} core_pending_t;
void core_vm_main(void); // T: what the main thread runs, with the GIL; does not return
void core_vm_run(core_thread_t *t); // T: what `t` runs, likewise; it returns
core_pending_t core_vm_pending(core_thread_t *t); // T C: exception or scheduled callback for `t`
void core_vm_ask_to_leave(core_thread_t *t); // T C: give `t` a pending SystemExit
void core_vm_free(core_thread_t *t); // T: the memory of a reaped thread
void core_vm_list_lock(void); // T: keep others from unlinking threads; nothing to do for who holds the GIL
void core_vm_list_unlock(void);

// ---- thread.c

typedef struct {
    void *stack;
    size_t stack_size;
    const char *name;
    uint8_t priority; // the contract's
} core_thread_config_t;

extern core_thread_t core_main_thread;

static inline core_thread_t *core_self(void) {
    return (core_thread_t *)rtos_thread_self();
}

// core_vm_pending for one who is seldom interrupted.
core_pending_t core_pending_slow(core_thread_t *t);
static inline core_pending_t core_pending(core_thread_t *t) {
    return rtos_peek(t->interrupted) ? core_pending_slow(t) : CORE_PENDING_NOTHING;
}

// Start the kernel with the main thread.
void core_start(const core_thread_config_t *config) __attribute__((noreturn));

// Announce a creation before its memory is asked for, and say when it is over. False during a soft reset.
bool core_create_begin(void);
void core_create_end(void);

// A number that no thread had before.
uint32_t core_thread_new_ident(void);

// Fill in `t`, in state CORE_NEW. Whoever created it fills in the rest and calls core_thread_start, which lists it
// before it runs. 0 or what rtos_thread_create said.
int core_thread_create(core_thread_t *t, uint32_t ident, const core_thread_config_t *config);
void core_thread_start(core_thread_t *t);

// Join and free threads that have exited; one that is still on its way out is left for the next time. The caller
// keeps others from unlinking, as for every walk of the list.
void core_reap(void);

// The thread with the lowest ident that is at least `ident`, or NULL.
core_thread_t *core_thread_at(uint32_t ident);

// The thread `ident` if it has not ended, or NULL. Opens the critical section `key`: until that is closed it does not
// end. Whether any thread ever had a number.
core_thread_t *core_thread_find_locked(uint32_t ident, rtos_crit_t *key);
bool core_thread_was(uint32_t ident);

static inline core_thread_t *core_thread_of_joiners(core_queue_t *q) {
    return (core_thread_t *)((uintptr_t)q - offsetof(core_thread_t, joiners));
}

// How many threads have not ended, the main thread aside.
size_t core_thread_live(void);

// Wait until the thread `ident` has ended; one that is long gone has. 0, -ETIMEDOUT, -EINTR, -EDEADLK; -ESRCH when no
// thread ever had that number.
int core_thread_join(uint32_t ident, uint64_t deadline_us);

// ---- wait.c

// A moment `ms` from now, or CORE_FOREVER for RTOS_FOREVER.
uint64_t core_deadline(uint32_t ms);

void core_queue_insert_locked(core_queue_t *q, core_thread_t *t);
static inline void core_queue_unlink_locked(core_queue_t *q, core_thread_t *t) {
    core_thread_t *next = t->queue_next;
    next->queue_prev = t->queue_prev;
    t->queue_prev->queue_next = next;
    if (q->head == t) {
        q->head = next == t ? NULL : next;
    }
}
static inline core_queue_t *core_queue_remove_locked(core_thread_t *t) {
    core_queue_t *q = t->queue;
    core_queue_unlink_locked(q, t);
    rtos_poke(t->queue, NULL);
    return q; // the queue it was in
}

// Take `t` out of its queue and let it go on. The caller has set what was granted.
void core_grant_locked(core_thread_t *t);
void core_grant_all_locked(core_queue_t *q);

// Take `t` out of its queue with nothing granted.
void core_leave_locked(core_thread_t *t);

// Wait in `q` (NULL: just sleep) without the GIL, and come back with it if the caller had it. Ends the critical
// section `key` that the caller opened to look at what it waits for.
// 0: granted. -ETIMEDOUT. -EINTR: core_vm_pending, only when `interruptible`, which here and below comes before the
// deadline, for which ARM wants an even pair of registers. -EALREADY: likewise, when it had been sent on to a lock's
// queue.
int core_wait_locked(core_queue_t *q, bool interruptible, uint64_t deadline_us, rtos_crit_t key);

// The same for what is not there, interruptible, if the caller may wait, which it asked before the critical section:
// -EDEADLK if not, and -ETIMEDOUT for a deadline of 0. `kind` is what it waits for.
int core_wait_if_may_locked(core_queue_t *q, core_wait_t kind, bool may_wait, uint64_t deadline_us, rtos_crit_t key);

// 0 never; -ETIMEDOUT when the time is over, -EINTR.
int core_sleep(bool interruptible, uint64_t deadline_us);

// Something outside happened (a character came): every thread in core_event_wait goes on. An event since the thread's
// last wait counts too.
void core_event_signal(void);
int core_event_wait(bool interruptible, uint64_t deadline_us);

// An exception or a callback waits for `t`: it leaves its wait, or sees it in its loop.
void core_interrupt(core_thread_t *t);

// ---- lock.c

// In a lock's word: somebody waits.
#define CORE_WAITERS ((uintptr_t)1)

// The word of a lock that the running thread holds. Before the kernel runs there is only the main thread; an interrupt
// may have come to somebody who is no thread of ours.
#define CORE_ISR_IDENT ((uint32_t)INT32_MAX)
static inline uintptr_t core_own_word(void) {
    core_thread_t *self = core_self();
    return (uintptr_t)(rtos_in_isr() ? CORE_ISR_IDENT : self == NULL ? 1 : self->ident) << 1;
}

void core_lock_init(core_lock_t *lock);
// 0, -ETIMEDOUT, -EINTR, or -EDEADLK where it would wait and must not.
int core_lock_acquire(core_lock_t *lock, bool interruptible, uint64_t deadline_us);
// 0, or -EPERM when nobody holds it. Any thread may release.
int core_lock_release(core_lock_t *lock);
static inline bool core_lock_try(core_lock_t *lock) {
    return rtos_atomic_load(&lock->word) == 0 && rtos_atomic_cas(&lock->word, 0, core_own_word());
}
// The quick half of a release: false where somebody waits, and where nobody holds it.
static inline bool core_lock_try_release(core_lock_t *lock) {
    uintptr_t word = rtos_atomic_load(&lock->word);
    return word != 0 && !(word & CORE_WAITERS) && rtos_atomic_cas(&lock->word, word, 0);
}
uint32_t core_lock_holder(core_lock_t *lock); // ident, 0 when free
static inline core_lock_t *core_lock_of(core_queue_t *waiters) {
    return (core_lock_t *)((uintptr_t)waiters - offsetof(core_lock_t, waiters));
}

// Take a free lock for `t`, NULL is the caller, or note in the word that somebody will wait. Fast paths of other cores
// do not see our critical section, so each step is a compare-and-swap.
static inline bool core_lock_take_locked(core_lock_t *lock, const core_thread_t *t) {
    for (;;) {
        uintptr_t word = rtos_atomic_load(&lock->word);
        if (word == 0) {
            uintptr_t own = t == NULL ? core_own_word() : (uintptr_t)t->ident << 1;
            // A mutex that is free may still have waiters: who was woken speaks for the rest.
            own |= lock->waiters.head != NULL ? CORE_WAITERS : 0;
            if (rtos_atomic_cas(&lock->word, 0, own)) {
                return true;
            }
        } else if ((word & CORE_WAITERS) || rtos_atomic_cas(&lock->word, word, word | CORE_WAITERS)) {
            return false;
        }
    }
}

void core_mutex_init(core_mutex_t *mutex);
bool core_mutex_try(core_mutex_t *mutex);
bool core_mutex_held(core_mutex_t *mutex); // by the caller
void core_mutex_lock(core_mutex_t *mutex);
void core_mutex_unlock(core_mutex_t *mutex);

// The running thread collects, from true to false: it does not wait and keeps the GIL, finalisers included.
void core_collect(bool begin);
extern core_thread_t *volatile core_collector;
static inline bool core_collects(void) {
    return rtos_peek(core_collector) == core_self();
}

// Whether the caller may wait: not in an interrupt, not with interrupts masked, not while it collects, and not before
// the kernel runs, when there is no thread and so no collector.
static inline bool core_may_wait(void) {
    return !rtos_in_isr() && !rtos_masked() && !core_collects();
}

// ---- cond.c

// A condition: threads that wait until others notify them, each with the lock that it left for that. Who is notified
// goes over to the lock's queue, and wakes when it has the lock.
typedef struct {
    core_queue_t waiters;
    uint16_t missed; // changes with what is notified to who is away to run a callback
    uint8_t kind; // core_wait_t
} core_cond_t;

void core_cond_init(core_cond_t *cond, core_wait_t kind);

// Wait to be notified. The first time the caller has the lock (`held`) and leaves it in the same step; -EINTR has it
// come back without, with what `missed` of the condition was then. 0: notified, and it has the lock. -ETIMEDOUT and
// -EINTR: without the lock. -EDEADLK: it must not wait, nothing has changed.
int core_cond_wait(core_cond_t *cond, core_lock_t *lock, bool held, uint16_t missed, uint64_t deadline_us);

// Notify at most `n` waiters, first come first. The caller holds the lock, or somebody does.
void core_cond_notify(core_cond_t *cond, core_lock_t *lock, size_t n);

// A number that is taken and given, by threads and interrupts; it is handed to who waits.
typedef struct {
    core_queue_t waiters;
    uintptr_t value;
} core_sem_t;

// 0, -ETIMEDOUT, -EINTR or -EDEADLK.
int core_sem_acquire(core_sem_t *sem, uint64_t deadline_us);
// False, and nothing done, at `limit`.
bool core_sem_release(core_sem_t *sem, uintptr_t limit);

// What all wait for until it is set. From threads and interrupts.
typedef struct {
    core_queue_t waiters;
    bool set;
    uint16_t sets; // how often it has been
} core_flag_t;

// Like core_sem_acquire. `sets` is what the flag had when the caller's whole wait began: who came back from a callback,
// or for the GIL, in the meantime was in no queue, and goes on all the same when it has been set.
int core_flag_wait(core_flag_t *flag, uint16_t sets, uint64_t deadline_us);
void core_flag_set(core_flag_t *flag);

// ---- lend.c

extern uint8_t core_lowest_priority; // that any thread ever had: who has no other lends to nobody
extern uint16_t core_lenders; // locks in `lenders` of all threads

// The lock with this queue has a waiter more or less, or one with another priority.
void core_lend_changed_locked(core_queue_t *waiters);

// `lock` was handed over, or is free if `to` is NULL. `from` is who took it before, NULL if that has ended: what the
// second one returned before.
void core_lend_handed_over_locked(core_lock_t *lock, core_thread_t *from, core_thread_t *to);
core_thread_t *core_lock_holder_thread_locked(core_lock_t *lock);

// `t` has another priority of its own.
void core_thread_set_priority_locked(core_thread_t *t, unsigned priority);

// `t` has ended, and holds what it holds for ever.
void core_lend_ended_locked(core_thread_t *t);

// ---- gil.c: nothing to do without a GIL

// Not 0 when the running thread has something to look at: the loop of the VM reads it and calls core_attend.
extern volatile uint32_t core_attention;

extern core_thread_t *volatile core_gil_holder;
static inline bool core_gil_held(void) {
    return HEDDLE_GIL && rtos_peek(core_gil_holder) == core_self();
}
bool core_gil_awaited_by(const core_thread_t *t); // it could run, but for the GIL
void core_gil_enter(void);
int core_gil_enter_until(uint64_t deadline_us); // 0 or -ETIMEDOUT
void core_gil_exit(void);
void core_gil_leave(void); // for good: also where an exit does nothing
void core_gil_exit_locked(void);
void core_gil_queue_locked(core_thread_t *t); // give it to `t`, now or in its turn
void core_gil_attend(void); // the slow pass of the loop
void core_gil_update_locked(void); // compute core_attention again, and what is lent to the holder
void core_gil_reset_locked(void); // forget who waits

// ---- look.c

// What `t` waits for, CORE_WAIT_OTHER when it does not wait, and the ident of who has it, 0 if nobody.
core_wait_t core_look_locked(const core_thread_t *t, uint32_t *holder);

// ---- reset.c

// Refuse creations and wait for those under way; ask every other thread to leave and give it `ask_ms`; then have the
// GIL, so that nobody is inside the VM. -ETIMEDOUT when it cannot be had within `gil_ms`. The caller holds the GIL.
int core_reset_begin(uint32_t ask_ms, uint32_t gil_ms);

// Stop the world and end the threads that did not leave. The caller has the GIL, or without one all mutexes.
void core_reset_end(void);

// Creations are welcome again.
void core_reset_open(void);

// thread.c's part in it: how many creations are under way; core_reap that waits for those still on their way out; the
// record of a thread that has ended.
size_t core_create_close(bool close);
void core_reap_hold(bool hold);
void core_reap_all(void);
void core_thread_ended(core_thread_t *t);

#endif // HEDDLE_CORE_H
