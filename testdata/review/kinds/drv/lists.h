/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What the hotel needs of a kernel that the small tree does not have. */
#ifndef DRV_LISTS_H
#define DRV_LISTS_H
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct link { struct link *next, **back; };
struct anchor { struct link *first; };
typedef struct { int raw; } spinlock_t;
typedef struct { int raw; } refcount_t;
struct kref { refcount_t refcount; };
struct mutex { int raw; };
struct tree_node { struct tree_node *left, *right; };
struct tree_root { struct tree_node *top; };
struct work_struct { void (*func)(struct work_struct *work); };
struct super_operations { void (*free_inode)(void *inode); };

void hlist_del_rcu(struct link *n);
void hlist_add_head_rcu(struct link *n, struct anchor *h);
void rb_erase(struct tree_node *node, struct tree_root *root);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void spin_lock_bh(spinlock_t *lock);
void spin_unlock_bh(spinlock_t *lock);
void spin_lock_init(spinlock_t *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
_Bool refcount_dec_and_test(refcount_t *r);
_Bool refcount_dec_not_one(refcount_t *r);
int kref_put(struct kref *kref, void (*release)(struct kref *kref));
void rcu_read_lock(void);
void rcu_read_unlock(void);
void local_bh_disable(void);
void local_bh_enable(void);
void *memset(void *s, int c, size_t n);
_Bool cancel_work_sync(struct work_struct *work);
_Bool schedule_work(struct work_struct *work);
int pr_debug(const char *format, ...);
int register_hotel(struct super_operations *ops);
void unregister_hotel(struct super_operations *ops);
void tell_others(void *what);
void vfree(const void *p);

#define each_of(pos, head, member)							\
	for (pos = (head)->first ? container_of((head)->first, typeof(*(pos)), member) : NULL; pos;	\
	     pos = (pos)->member.next ? container_of((pos)->member.next, typeof(*(pos)), member) : NULL)

#define kfree_rcu_mightsleep(ptr) kvfree_call_rcu(NULL, (void *)(ptr))

#endif
