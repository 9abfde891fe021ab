// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: a file system whose inodes the core frees by .free_inode, from a callback of its own. The module
// mounts it itself, and they go all at once when it is unmounted.
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define INODES 4000

struct leaf {
	struct inode inode;
};

static struct kmem_cache *leaves;
static struct inode *made[INODES];
static struct vfsmount *mnt;

static void leaf_init_once(void *object)
{
	struct leaf *leaf = object;

	inode_init_once(&leaf->inode);
}

static struct inode *leaf_alloc(struct super_block *sb)
{
	struct leaf *leaf = kmem_cache_alloc(leaves, GFP_KERNEL);

	return leaf ? &leaf->inode : NULL;
}

static void leaf_free(struct inode *inode)
{
	kmem_cache_free(leaves, container_of(inode, struct leaf, inode));
}

static const struct super_operations leaf_ops = {
	.alloc_inode = leaf_alloc,
	.free_inode = leaf_free,
	.statfs = simple_statfs,
};

static int leaf_fill(struct super_block *sb, struct fs_context *fc)
{
	struct inode *root;
	int i;

	sb->s_magic = 0x70726f76;
	sb->s_op = &leaf_ops;
	for (i = 0; i < INODES; i++) {
		made[i] = new_inode(sb);
		if (!made[i])
			return -ENOMEM;
	}
	root = new_inode(sb);
	if (!root)
		return -ENOMEM;
	root->i_ino = 1;
	root->i_mode = S_IFDIR | 0755;
	root->i_op = &simple_dir_inode_operations;
	root->i_fop = &simple_dir_operations;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int leaf_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, leaf_fill);
}

static const struct fs_context_operations leaf_context_ops = {
	.get_tree = leaf_get_tree,
};

static int leaf_init_context(struct fs_context *fc)
{
	fc->ops = &leaf_context_ops;
	return 0;
}

static void leaf_kill(struct super_block *sb)
{
	int i;

	for (i = 0; i < INODES; i++) {
		iput(made[i]);
		made[i] = NULL;
	}
	kill_anon_super(sb);
}

static struct file_system_type leaf_type = {
	.name = "prove_inode",
	.init_fs_context = leaf_init_context,
	.kill_sb = leaf_kill,
};

static int __init inode_module_init(void)
{
	leaves = kmem_cache_create("prove_inode", sizeof(struct leaf), 0, 0, leaf_init_once);
	if (!leaves)
		return -ENOMEM;
	mnt = kern_mount(&leaf_type);
	if (IS_ERR(mnt)) {
		kmem_cache_destroy(leaves);
		return PTR_ERR(mnt);
	}
	return 0;
}

static void __exit inode_module_exit(void)
{
	kern_unmount(mnt);
#ifndef PROVE_UNSAFE
	rcu_barrier();
#endif
	kmem_cache_destroy(leaves);
}

module_init(inode_module_init);
module_exit(inode_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
