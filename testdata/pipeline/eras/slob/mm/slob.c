/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the whole pipeline: the shape of this era, none of its text. */

void kfree(const void *object)
{
	struct slob_block *block = block_of(object);

	give_back(block);
}
