/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_SLAB_H
#define LINUX_SLAB_H
#include <linux/types.h>

#define GFP_KERNEL 1u
#define SLAB_TYPESAFE_BY_RCU 2u
#define SLAB_ACCOUNT 4u

struct kmem_cache;

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
				     void (*setup)(void *));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache, unsigned int flags);
void kmem_cache_free(struct kmem_cache *cache, void *object);
void *kmalloc(size_t size, unsigned int flags);
void kfree(const void *object);
void kvfree(const void *object);

#define KMEM_CACHE(tag, flags) \
	kmem_cache_create(#tag, sizeof(struct tag), __alignof__(struct tag), flags, NULL)

#endif
