// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Lent priorities, after core/lend.c, core/lock.c (take_or_mark_locked, hand_over_lock) and core/wait.c
// (core_leave_locked). Four threads, of priority 0 to 3, take three locks, wait for them, give up, and release what
// they or others took. Each critical section is one step.
//
// Proven: outside of them every thread has the priority of the most urgent that waits, through any chain, for what it
// took; unless threads wait for each other in a circle, and in that case too once it is broken.

#define THREADS 4
#define LOCKS 3
#define NONE 9

byte holder[LOCKS] = NONE; // who took it
byte awaits[THREADS] = NONE; // the lock that a thread waits for
byte prio[THREADS];
bool listed[LOCKS]; // among the lenders of its holder

hidden byte n, l, th, lock, first, from, to, wanted, circle; // of one step
hidden byte right[THREADS];

// The first waiter of `lock`, or NONE.
inline find_first(lock, first) {
    first = NONE;
    n = 0;
    do
    :: n < THREADS ->
        if
        :: awaits[n] == lock && (first == NONE || prio[n] > prio[first]) -> first = n
        :: else
        fi;
        n++
    :: else -> break
    od
}

inline list(lock) {
    find_first(lock, first);
    listed[lock] = (first != NONE && holder[lock] != NONE && prio[first] > holder[lock])
}

// The base priority of a thread is its number.
inline find_wanted(th, wanted) {
    wanted = th;
    l = 0;
    do
    :: l < LOCKS ->
        if
        :: holder[l] == th && listed[l] ->
            find_first(l, first);
            assert(first != NONE); // core/lend.c looks at it unasked
            if
            :: prio[first] > wanted -> wanted = prio[first]
            :: else
            fi
        :: else
        fi;
        l++
    :: else -> break
    od
}

inline settle(thread) {
    th = thread;
    do
    :: th != NONE ->
        find_wanted(th, wanted);
        if
        :: wanted == prio[th] -> break
        :: else
        fi;
        prio[th] = wanted;
#ifdef FAULT_CHAIN
        break;
#endif
        if
        :: awaits[th] == NONE -> th = NONE
        :: else -> lock = awaits[th]; th = holder[lock]; list(lock)
        fi
    :: else -> break
    od
}

inline changed(which) {
    lock = which;
    list(lock);
    settle(holder[lock])
}

inline hand_over(which) {
    from = holder[which];
    find_first(which, to);
    listed[which] = false;
    holder[which] = to;
    if
    :: to != NONE ->
        awaits[to] = NONE;
        list(which)
    :: else
    fi;
#ifndef FAULT_KEPT
    settle(from)
#endif
}

// Whether threads wait for each other: three links and no end.
inline find_circle(circle) {
    circle = false;
    n = 0;
    do
    :: n < THREADS ->
        th = n;
        l = 0;
        do
        :: l < THREADS && th != NONE && awaits[th] != NONE -> th = holder[awaits[th]]; l++
        :: else -> break
        od;
        circle = circle || l == THREADS;
        n++
    :: else -> break
    od
}

// Every thread against all that wait for it, however far away: the priorities rise until nothing changes.
inline check() {
    find_circle(circle);
    if
    :: circle
    :: else ->
        n = 0;
        do
        :: n < THREADS -> right[n] = n; n++
        :: else -> break
        od;
        l = 0;
        do
        :: l < THREADS ->
            n = 0;
            do
            :: n < THREADS ->
                if
                :: awaits[n] != NONE && holder[awaits[n]] != NONE && right[n] > right[holder[awaits[n]]] ->
                    right[holder[awaits[n]]] = right[n]
                :: else
                fi;
                n++
            :: else -> break
            od;
            l++
        :: else -> break
        od;
        n = 0;
        do
        :: n < THREADS -> assert(prio[n] == right[n]); n++
        :: else -> break
        od
    fi
}

// One who does everything for all: what a thread does depends on no more than whether it waits.
active proctype threads() {
    byte who, what;
    d_step {
        n = 0;
        do
        :: n < THREADS -> prio[n] = n; n++
        :: else -> break
        od;
        n = 0
    }
end:
    do
    :: atomic {
            select(who : 0..3);
            select(what : 0..2);
            if
            :: awaits[who] == NONE ->
                d_step {
                    if
                    :: holder[what] == NONE -> holder[what] = who
                    :: else -> awaits[who] = what; changed(what)
                    fi;
                    check();
                    n = 0
                }
            :: awaits[who] == NONE && holder[what] != NONE ->
                d_step {
                    hand_over(what);
                    check();
                    n = 0
                }
            :: awaits[who] != NONE ->
                d_step {
                    what = awaits[who];
                    awaits[who] = NONE;
#ifndef FAULT_GAVE_UP
                    changed(what);
#endif
                    check();
                    n = 0
                }
            fi;
            who = 0;
            what = 0
        }
    od
}
