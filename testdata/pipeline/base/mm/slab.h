/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the whole pipeline: the shape of this era, none of its text. */
#ifndef MM_SLAB_H
#define MM_SLAB_H

int __kmem_cache_shutdown(struct kmem_cache *cache);

#endif
