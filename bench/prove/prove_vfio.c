// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// usage: prove_vfio GROUP DEVICE
//
// Gives a device of VFIO an eventfd for requests, then another, and closes it: the first is freed behind a grace period when the second comes, and
// the second when the device is closed.
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int trigger(int device)
{
	char bytes[sizeof(struct vfio_irq_set) + sizeof(int)] = {0};
	struct vfio_irq_set *set = (struct vfio_irq_set *)bytes;
	int event = eventfd(0, 0);

	set->argsz = sizeof(bytes);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = VFIO_PCI_REQ_IRQ_INDEX;
	set->count = 1;
	memcpy(set->data, &event, sizeof(event));
	return event < 0 ? -1 : ioctl(device, VFIO_DEVICE_SET_IRQS, set);
}

int main(int argc, char **argv)
{
	int container, group, device;

	if (argc != 3)
		return 2;
	container = open("/dev/vfio/vfio", O_RDWR);
	if (container < 0)
		return fail("/dev/vfio/vfio");
	group = open(argv[1], O_RDWR);
	if (group < 0)
		return fail(argv[1]);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) || ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		return fail("the group's IOMMU");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2]);
	if (device < 0)
		return fail(argv[2]);
	if (trigger(device) || trigger(device))
		return fail("VFIO_DEVICE_SET_IRQS");
	close(device);
	close(group);
	close(container);
	return 0;
}
