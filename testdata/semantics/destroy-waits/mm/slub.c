/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#include "slab.h"

void kfree(const void *object)
{
	struct slab *slab = slab_of(object);

	give_back(slab->slab_cache, slab, object);
}
