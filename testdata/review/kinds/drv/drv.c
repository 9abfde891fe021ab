// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * A hotel: guests are found by room and by name, without a lock. Their bags know
 * them, and rooms stand in a tree.
 */
#include "lists.h"

struct guest {
	int room;
	int state;
	refcount_t refs;
	spinlock_t lock;
	struct link by_room;
	struct link by_name;
	struct guest *companion;
	struct rcu_head rcu;
	struct rcu_head later;
};

struct bag {
	int weight;
	struct kref refs;
	struct link list;
	struct guest *owner;
	struct rcu_head rcu;
};

struct room {
	struct tree_node node;
	struct room *parent;
	int beds;
	struct rcu_head rcu;
};

struct key {
	int number;
	struct rcu_head rcu;
};

struct towel {
	int size;
	struct rcu_head rcu;
};

static struct kmem_cache *guests, *bags, *rooms, *inodes, *towels;
static struct anchor by_room[16];
static struct anchor luggage;
static struct tree_root plan;
static spinlock_t desk;
static struct mutex office;
static int visitors;
static struct work_struct cleaning;

static void guest_free(struct rcu_head *head)
{
	kmem_cache_free(guests, container_of(head, struct guest, rcu));
}

static void bag_free(struct rcu_head *head)
{
	struct bag *bag = container_of(head, struct bag, rcu);

	kmem_cache_free(bags, bag);
}

static void room_free(struct rcu_head *head)
{
	kmem_cache_free(rooms, container_of(head, struct room, rcu));
}

static void towel_free(struct rcu_head *head)
{
	kmem_cache_free(towels, container_of(head, struct towel, rcu));
}

static void key_free(struct rcu_head *head)
{
	struct key *key = container_of(head, struct key, rcu);

	tell_others(key);
	kfree(key);
}

static void inode_free(void *inode)
{
	kmem_cache_free(inodes, inode);
}

static struct super_operations hotel_ops = {
	.free_inode = inode_free,
};

struct guest *guest_new(int room)
{
	struct guest *guest = kmem_cache_alloc(guests, GFP_KERNEL);

	if (!guest)
		return NULL;
	guest->room = room;
	spin_lock_init(&guest->lock);
	hlist_add_head_rcu(&guest->by_room, &by_room[room & 15]);
	return guest;
}

struct bag *bag_new(struct guest *owner)
{
	struct bag *bag = kmem_cache_alloc(bags, GFP_KERNEL);

	if (bag)
		bag->owner = owner;
	return bag;
}

struct room *room_new(struct room *parent)
{
	struct room *room = kmem_cache_alloc(rooms, GFP_KERNEL);

	if (room)
		room->parent = parent;
	return room;
}

struct towel *towel_new(void)
{
	return kmem_cache_alloc(towels, GFP_KERNEL);
}

struct key *key_new(void)
{
	return kmalloc(sizeof(struct key), GFP_KERNEL);
}

void towel_drop(struct towel *towel)
{
	kfree_rcu(towel, rcu);
}

int towel_swap(struct towel **place, int size)
{
	struct towel *towel, *old = NULL;
	int err = -1;

	towel = kmem_cache_alloc(towels, GFP_KERNEL);
	if (!towel)
		goto out;
	towel->size = size;
	old = *place;
	*place = towel;
	towel = old;
	err = 0;
out:
	if (towel)
		call_rcu(&towel->rcu, towel_free);
	return err;
}

void key_drop(struct key *key)
{
	call_rcu(&key->rcu, key_free);
}

void guest_put(struct guest *guest)
{
	if (refcount_dec_and_test(&guest->refs))
		call_rcu(&guest->rcu, guest_free);
}

static inline void guest_remove(struct guest *guest)
{
	hlist_del_rcu(&guest->by_name);
	call_rcu(&guest->rcu, guest_free);
	visitors--;
}

void guest_leave(int room)
{
	struct guest *guest;

	spin_lock_bh(&desk);
	each_of(guest, &by_room[room & 15], by_room) {
		if (guest->room == room) {
			hlist_del_rcu(&guest->by_room);
			guest_remove(guest);
			break;
		}
	}
	spin_unlock_bh(&desk);
}

void guest_sweep(struct guest **stack, int count)
{
	struct guest *guest;
	int i;

	for (i = 0; i < count; i++) {
		guest = stack[i];
		if (guest->state)
			stack[i] = NULL;
	}
	for (i = 0; i < count; i++) {
		guest = stack[i];
		if (guest) {
			hlist_del_rcu(&guest->by_room);
			visitors--;
			call_rcu(&guest->rcu, guest_free);
		}
	}
}

static void bag_release(struct kref *kref)
{
	struct bag *bag = container_of(kref, struct bag, refs);

	guest_put(bag->owner);

	call_rcu(&bag->rcu, bag_free);
}

void bag_put(struct bag *bag)
{
	if (!bag)
		return;

	kref_put(&bag->refs, bag_release);
}

int room_close(struct room *room)
{
	struct room *parent = room->parent;
	int err = 0;

	mutex_lock(&office);
	if (room->beds) {
		err = -1;
		goto out;
	}
	rb_erase(&room->node, &plan);
	call_rcu(&room->rcu, room_free);
	if (!parent || parent->beds)
		goto out;
	rb_erase(&parent->node, &plan);
	call_rcu(&parent->rcu, room_free);
out:
	mutex_unlock(&office);
	return err;
}

void guest_do(struct guest *guest, int what)
{
	switch (what) {
	case 0:
		guest->state = 1;
		break;
	case 1:
		hlist_del_rcu(&guest->by_room);
		call_rcu(&guest->rcu, guest_free);
		break;
	default:
		tell_others(guest);
	}
}

static inline struct guest *guest_at(struct link *place)
{
	return container_of(place, struct guest, by_room);
}

int guest_room(struct link *place)
{
	return guest_at(place)->room;
}

void guest_evict(struct link *place)
{
	struct guest *guest = guest_at(place);

	hlist_del_rcu(&guest->by_room);
	call_rcu(&guest->rcu, guest_free);
}

void guest_check_out(struct guest *guest, struct bag *bag)
{
	if (bag)
		call_rcu(&bag->rcu, bag_free);

	if (guest)
		call_rcu(&guest->rcu, guest_free);
}

static void clean(struct work_struct *work)
{
	guest_leave(0);
	(void)work;
}

static struct stock {
	struct kmem_cache **cache;
	const char *name;
	unsigned int size;
} stocks[] = {
	{ .cache = &guests, .name = "guests", .size = sizeof(struct guest), },
	{ .cache = &bags, .name = "bags", .size = sizeof(struct bag), },
	{ .cache = &rooms, .name = "rooms", .size = sizeof(struct room), },
	{ .cache = &inodes, .name = "inodes", .size = 64, },
	{ .cache = &towels, .name = "towels", .size = sizeof(struct towel), },
};

static void destroy_stocks(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stocks); i++) {
		struct stock *stock;

		stock = &stocks[i];
		kmem_cache_destroy(*(stock->cache));
	}
}

static int __init hotel_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stocks); i++) {
		*stocks[i].cache = kmem_cache_create(stocks[i].name, stocks[i].size, 0, 0, NULL);
		if (!*stocks[i].cache)
			goto fail;
	}
	cleaning.func = clean;
	return register_hotel(&hotel_ops);
fail:
	destroy_stocks();
	return -1;
}
module_init(hotel_init);

static void __exit hotel_exit(void)
{
	unregister_hotel(&hotel_ops);
	cancel_work_sync(&cleaning);
	rcu_barrier();
	destroy_stocks();
}
module_exit(hotel_exit);
