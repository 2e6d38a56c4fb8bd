// SPDX-License-Identifier: GPL-2.0
// Copyright autobus contributors
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "compat.h"
#include "creds.h"
#include "device.h"
#include "file/file.h"

struct ab_device {
	struct ab_bus bus;
	struct cdev cdev;
	struct device dev;
};

static struct class *autobus_class;
static dev_t first_dev;
static struct ab_device **devices;
static unsigned int n_devices;

static int device_open(struct inode *inode, struct file *filp)
{
	struct ab_device *device = container_of(inode->i_cdev, struct ab_device,
						cdev);
	struct ab_creds *creds = ab_creds_of_current();
	struct ab_file *file;
	int r;

	if (!creds)
		return -ENOMEM;
	r = ab_file_open(&device->bus, creds, filp->f_mode & FMODE_READ,
			 filp->f_mode & FMODE_WRITE, capable(CAP_SYS_ADMIN),
			 &file);
	if (r)
		return r;
	filp->private_data = file;
	filp->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, filp);
}

static int device_release(struct inode *inode, struct file *filp)
{
	ab_file_close(filp->private_data);
	return 0;
}

/*
 * Called for each descriptor that's closed. Only that of the process that opened
 * the file counts, and only when it goes by the process's exit.
 */
static int device_flush(struct file *filp, fl_owner_t id)
{
	struct ab_file *file = filp->private_data;

	if ((current->flags & PF_EXITING) &&
	    ab_creds_is_current(file->endpoint.creds))
		ab_file_opener_exits(file);
	return 0;
}

static int call_flags(const struct file *filp, bool nowait)
{
	int flags = filp->f_flags & O_NONBLOCK ? AB_NONBLOCK : 0;

	return nowait ? AB_NONBLOCK | AB_NOWAIT : flags;
}

static ssize_t device_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct file *filp = iocb->ki_filp;
	struct ab_io io = { .iter = iter };

	return ab_file_read(filp->private_data, &io,
			    call_flags(filp, iocb->ki_flags & IOCB_NOWAIT));
}

static ssize_t device_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct file *filp = iocb->ki_filp;
	struct ab_io io = { .iter = iter };

	return ab_file_write(filp->private_data, &io,
			     call_flags(filp, iocb->ki_flags & IOCB_NOWAIT));
}

static long device_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return ab_file_ioctl(filp->private_data, cmd, arg,
			     call_flags(filp, false));
}

static __poll_t device_poll(struct file *filp, poll_table *wait)
{
	struct ab_file *file = filp->private_data;
	__poll_t mask = 0;
	u32 now;

	poll_wait(filp, &file->waiters.queue, wait);
	/* Pairs with the unlock before ab_waiters_wake(): see poll_wait(). */
	smp_mb();
	now = ab_file_poll(file);
	if (now & AB_POLLIN)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (now & AB_POLLOUT)
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (now & AB_POLLHUP)
		mask |= EPOLLHUP;
	return mask;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.flush = device_flush,
	.read_iter = device_read_iter,
	.write_iter = device_write_iter,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = device_poll,
	.llseek = noop_llseek,
};

static void device_free(struct device *dev)
{
	struct ab_device *device = container_of(dev, struct ab_device, dev);

	ab_bus_deinit(&device->bus);
	kvfree(device);
}

static int device_add_one(unsigned int minor)
{
	struct ab_device *device = kvzalloc(sizeof(*device), GFP_KERNEL);
	u64 id;
	int r;

	if (!device)
		return -ENOMEM;
	do {
		id = get_random_u64();
	} while (!id);	/* 0 stands for "this bus" */
	ab_bus_init(&device->bus, id);
	ab_lock_init(&device->bus.lock);
	device_initialize(&device->dev);
	device->dev.class = autobus_class;
	device->dev.devt = MKDEV(MAJOR(first_dev), minor);
	device->dev.release = device_free;
	cdev_init(&device->cdev, &device_fops);
	device->cdev.owner = THIS_MODULE;
	r = dev_set_name(&device->dev, "autobus%u", minor);
	if (!r)
		r = cdev_device_add(&device->cdev, &device->dev);
	if (r) {
		put_device(&device->dev);
		return r;
	}
	devices[minor] = device;
	return 0;
}

static void remove_all(void)
{
	while (n_devices) {
		struct ab_device *device = devices[--n_devices];

		cdev_device_del(&device->cdev, &device->dev);
		put_device(&device->dev);
	}
}

static char *device_node(CONST_DEVNODE struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0660;
	return NULL;
}

int ab_devices_init(unsigned int count)
{
	int r;

	devices = kcalloc(count, sizeof(*devices), GFP_KERNEL);
	if (!devices)
		return -ENOMEM;
	r = alloc_chrdev_region(&first_dev, 0, count, "autobus");
	if (r)
		goto free_devices;
	autobus_class = compat_class_create("autobus");
	if (IS_ERR(autobus_class)) {
		r = PTR_ERR(autobus_class);
		goto free_region;
	}
	autobus_class->devnode = device_node;
	while (n_devices < count) {
		r = device_add_one(n_devices);
		if (r)
			goto free_all;
		n_devices++;
	}
	return 0;

free_all:
	remove_all();
	class_destroy(autobus_class);
free_region:
	unregister_chrdev_region(first_dev, count);
free_devices:
	kfree(devices);
	return r;
}

void ab_devices_exit(void)
{
	unsigned int count = n_devices;

	remove_all();
	class_destroy(autobus_class);
	unregister_chrdev_region(first_dev, count);
	kfree(devices);
}
