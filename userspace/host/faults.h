/* SPDX-License-Identifier: MIT */
/* Copyright autobus contributors */
#ifndef AB_FAULTS_H
#define AB_FAULTS_H

/*
 * Doors for tests of the in-process bus. Both are NULL, and cost a look, when
 * nobody tests. Set them while no other thread uses a bus.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Asked before each allocation; non-zero makes it fail. */
extern int (*ab_alloc_fails)(void);
/* Asked before each copy from or to the caller; non-zero makes it -EFAULT. */
extern int (*ab_copy_fails)(void);

/* Allocations that weren't freed yet, of all buses. */
long ab_alloc_live(void);

#ifdef __cplusplus
}
#endif

#endif /* AB_FAULTS_H */
