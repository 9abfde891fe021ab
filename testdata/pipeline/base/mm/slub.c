/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the whole pipeline: the shape of this era, none of its text. */
#include "slab.h"

void kfree(const void *object)
{
	struct slab *slab = slab_of(object);

	give_back(slab->slab_cache, slab, object);
}

void *kmem_cache_alloc(struct kmem_cache *cache, unsigned int flags)
{
	return take_from(cache, flags);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	give_back(cache, slab_of(object), object);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
				     void (*setup)(void *))
{
	return new_cache(name, size, align, flags, setup);
}
