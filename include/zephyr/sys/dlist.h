// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Doubly linked lists, as in Zephyr's <zephyr/sys/dlist.h>: the list is a node that is linked with itself when empty,
// and a node outside of every list has NULL for its neighbours.
#ifndef ZEPHYR_SYS_DLIST_H
#define ZEPHYR_SYS_DLIST_H

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/sys/util.h>

struct _dnode {
    union {
        struct _dnode *head; // of a list
        struct _dnode *next;
    };
    union {
        struct _dnode *tail; // of a list
        struct _dnode *prev;
    };
};

typedef struct _dnode sys_dnode_t;
typedef struct _dnode sys_dlist_t;

#define SYS_DLIST_STATIC_INIT(list) { { (list) }, { (list) } }

static inline void sys_dlist_init(sys_dlist_t *list) {
    list->head = list;
    list->tail = list;
}

static inline void sys_dnode_init(sys_dnode_t *node) {
    node->next = NULL;
    node->prev = NULL;
}

static inline bool sys_dnode_is_linked(const sys_dnode_t *node) {
    return node->next != NULL;
}

static inline bool sys_dlist_is_empty(const sys_dlist_t *list) {
    return list->head == list;
}

static inline bool sys_dlist_is_head(const sys_dlist_t *list, const sys_dnode_t *node) {
    return list->head == node;
}

static inline bool sys_dlist_is_tail(const sys_dlist_t *list, const sys_dnode_t *node) {
    return list->tail == node;
}

static inline sys_dnode_t *sys_dlist_peek_head(const sys_dlist_t *list) {
    return sys_dlist_is_empty(list) ? NULL : list->head;
}

static inline sys_dnode_t *sys_dlist_peek_tail(const sys_dlist_t *list) {
    return sys_dlist_is_empty(list) ? NULL : list->tail;
}

static inline sys_dnode_t *sys_dlist_peek_next(const sys_dlist_t *list, const sys_dnode_t *node) {
    return node == NULL || node == list->tail ? NULL : node->next;
}

static inline sys_dnode_t *sys_dlist_peek_prev(const sys_dlist_t *list, const sys_dnode_t *node) {
    return node == NULL || node == list->head ? NULL : node->prev;
}

// Before `successor`, a node of a list, or the list itself for its end.
static inline void sys_dlist_insert(sys_dnode_t *successor, sys_dnode_t *node) {
    sys_dnode_t *prev = successor->prev;
    node->prev = prev;
    node->next = successor;
    prev->next = node;
    successor->prev = node;
}

static inline void sys_dlist_append(sys_dlist_t *list, sys_dnode_t *node) {
    sys_dlist_insert(list, node);
}

static inline void sys_dlist_prepend(sys_dlist_t *list, sys_dnode_t *node) {
    sys_dlist_insert(list->head, node);
}

static inline void sys_dlist_remove(sys_dnode_t *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    sys_dnode_init(node);
}

static inline sys_dnode_t *sys_dlist_get(sys_dlist_t *list) {
    sys_dnode_t *node = sys_dlist_peek_head(list);
    if (node != NULL) {
        sys_dlist_remove(node);
    }
    return node;
}

static inline size_t sys_dlist_len(const sys_dlist_t *list) {
    size_t n = 0;
    for (const sys_dnode_t *node = list->head; node != list; node = node->next) {
        n += 1;
    }
    return n;
}

#define SYS_DLIST_FOR_EACH_NODE(list, node) \
    for (node = sys_dlist_peek_head(list); node != NULL; node = sys_dlist_peek_next(list, node))

#define SYS_DLIST_FOR_EACH_NODE_SAFE(list, node, following) \
    for (node = sys_dlist_peek_head(list), following = sys_dlist_peek_next(list, node); node != NULL; \
         node = following, following = sys_dlist_peek_next(list, node))

#define SYS_DLIST_CONTAINER(node, container, field) \
    ((node) != NULL ? CONTAINER_OF(node, __typeof__(*(container)), field) : NULL)

#define SYS_DLIST_PEEK_HEAD_CONTAINER(list, container, field) \
    SYS_DLIST_CONTAINER(sys_dlist_peek_head(list), container, field)

#define SYS_DLIST_PEEK_NEXT_CONTAINER(list, container, field) \
    ((container) != NULL ? SYS_DLIST_CONTAINER(sys_dlist_peek_next(list, &(container)->field), container, field) : NULL)

#define SYS_DLIST_FOR_EACH_CONTAINER(list, container, field) \
    for (container = SYS_DLIST_PEEK_HEAD_CONTAINER(list, container, field); container != NULL; \
         container = SYS_DLIST_PEEK_NEXT_CONTAINER(list, container, field))

#define SYS_DLIST_FOR_EACH_CONTAINER_SAFE(list, container, following, field) \
    for (container = SYS_DLIST_PEEK_HEAD_CONTAINER(list, container, field), \
         following = SYS_DLIST_PEEK_NEXT_CONTAINER(list, container, field); container != NULL; \
         container = following, following = SYS_DLIST_PEEK_NEXT_CONTAINER(list, container, field))

#endif // ZEPHYR_SYS_DLIST_H
