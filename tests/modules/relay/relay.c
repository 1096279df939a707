// SPDX-License-Identifier: GPL-2.0-or-later
/* A block driver for tests: /dev/relay0 is another block device, /dev/vda unless told otherwise. */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/version.h>

static char *lower = "/dev/vda";
module_param(lower, charp, 0444);

static struct gendisk *disk;
static struct block_device *below;
static int number;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
static struct file *file;

static int open_below(void)
{
	file = bdev_file_open_by_path(lower, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	below = file_bdev(file);
	return 0;
}

static void close_below(void)
{
	fput(file);
}

static struct gendisk *new_disk(void)
{
	return blk_alloc_disk(NULL, NUMA_NO_NODE);
}
#else
static int open_below(void)
{
	below = blkdev_get_by_path(lower, FMODE_READ | FMODE_WRITE, NULL);
	return IS_ERR(below) ? PTR_ERR(below) : 0;
}

static void close_below(void)
{
	blkdev_put(below, FMODE_READ | FMODE_WRITE);
}

static struct gendisk *new_disk(void)
{
	struct gendisk *made = blk_alloc_disk(NUMA_NO_NODE);

	return made ? made : ERR_PTR(-ENOMEM);
}
#endif

static void relay_submit(struct bio *bio)
{
	bio_set_dev(bio, below);
	submit_bio_noacct(bio);
}

static const struct block_device_operations operations = {
	.owner = THIS_MODULE,
	.submit_bio = relay_submit,
};

static int add_disk_on_top(void)
{
	int code;

	disk = new_disk();
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk->major = number;
	disk->minors = 1;
	disk->fops = &operations;
	strscpy(disk->disk_name, "relay0", DISK_NAME_LEN);
	set_capacity(disk, bdev_nr_sectors(below));
	code = add_disk(disk);
	if (code)
		put_disk(disk);
	return code;
}

static int __init relay_init(void)
{
	int code = -ENODEV;

	/* The device may still be on its way. */
	for (int tries = 0; tries < 100 && code; tries++) {
		code = open_below();
		if (code)
			msleep(100);
	}
	if (code)
		return code;
	number = register_blkdev(0, "relay");
	code = number < 0 ? number : add_disk_on_top();
	if (!code)
		pr_info("relay: relays to %s\n", lower);
	else
		close_below();
	return code;
}

static void __exit relay_exit(void)
{
	del_gendisk(disk);
	put_disk(disk);
	unregister_blkdev(number, "relay");
	close_below();
}

module_init(relay_init);
module_exit(relay_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0");
