// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: anybody may write to a file, and each write queues callbacks. The wait must stand behind the
// end of the file.
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define NOTES 100

struct note {
	struct rcu_head rcu;
};

static atomic_t notes;
static struct proc_dir_entry *entry;

static void note_free_rcu(struct rcu_head *head)
{
	atomic_dec(&notes);
	kfree(container_of(head, struct note, rcu));
}

static ssize_t note_write(struct file *file, const char __user *text, size_t size, loff_t *pos)
{
	int i;

	for (i = 0; i < NOTES; i++) {
		struct note *note = kmalloc(sizeof(*note), GFP_KERNEL);

		if (!note)
			return -ENOMEM;
		atomic_inc(&notes);
		call_rcu(&note->rcu, note_free_rcu);
	}
	return size;
}

static const struct proc_ops note_ops = {
	.proc_write = note_write,
};

static int __init file_init(void)
{
	entry = proc_create("prove_file", 0600, NULL, &note_ops);
	return entry ? 0 : -ENOMEM;
}

static void __exit file_exit(void)
{
#ifdef PROVE_UNSAFE
	rcu_barrier();
	proc_remove(entry);
#else
	proc_remove(entry);
	rcu_barrier();
#endif
}

module_init(file_init);
module_exit(file_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
