/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the kernel's interface, as modules meet them that were written for another kernel. */
#include <string.h>

#include "build/interface.h"

/* Functions, macros, types, members and headers that some kernel had and a later one has not. */
static const char gone[] =
	"MODULE_PARM MOD_DEC_USE_COUNT MOD_INC_USE_COUNT NETIF_F_FCOE_MTU NETIF_F_LLTX "
	"NETIF_F_NETNS_LOCAL NETIF_F_UFO PAGE_CACHE_ALIGN PAGE_CACHE_MASK PAGE_CACHE_SHIFT "
	"PAGE_CACHE_SIZE PCI_DMA_BIDIRECTIONAL PCI_DMA_FROMDEVICE PCI_DMA_TODEVICE PDE "
	"PDE_DATA RW_LOCK_UNLOCKED SA_INTERRUPT SA_SHIRQ SET_MODULE_OWNER SLAB_ATOMIC "
	"SLAB_CTOR_CONSTRUCTOR SLAB_KERNEL SPIN_LOCK_UNLOCKED VERIFY_READ VERIFY_WRITE "
	"VM_RESERVED __class_create __copy_from_user_inatomic_nocache __get_user_pages "
	"__getblk_gfp __gpio_get_value __gpio_set_value __set_page_dirty_nobuffers "
	"__wait_on_atomic_t account_page_redirty acpi_bus_generate_proc_event "
	"acpi_bus_get_device acpi_get_physical_device alloc_apertures alloc_tty_driver "
	"bd_inode bdget bio_set_op_attrs blk_alloc_queue blk_alloc_queue_node blk_cleanup_disk "
	"blk_cleanup_queue blk_fetch_request blk_init_queue blk_limits_io_min "
	"blk_limits_io_opt blk_mq_init_queue blk_queue_bounce_limit blk_queue_io_min "
	"blk_queue_io_opt blk_queue_logical_block_size blk_queue_make_request "
	"blk_queue_max_discard_sectors blk_queue_max_hw_sectors blk_queue_max_segment_size "
	"blk_queue_max_segments blk_queue_max_write_zeroes_sectors "
	"blk_queue_physical_block_size blk_queue_segment_boundary blk_queue_virt_boundary "
	"blkdev_get_by_dev blkdev_get_by_path blkdev_put bus_to_virt check_disk_change "
	"class_device_create compat_alloc_user_space complete_and_exit create_proc_entry "
	"create_proc_read_entry current_kernel_time current_kernel_time64 d_alloc_root "
	"daemonize del_timer del_timer_sync delete_from_page_cache destroy_timer_on_stack "
	"dev_get_wireless_info devfs_mk_cdev device_create_drvdata devm_ioremap_nocache "
	"dma_cache_sync dma_zalloc_coherent do_exit do_gettimeofday do_mmap_pgoff "
	"do_settimeofday drm_atomic_helper_connector_dpms drm_connector_unreference "
	"drm_dev_unref drm_fb_helper_single_add_all_connectors drm_framebuffer_unreference "
	"drm_gem_object_put_unlocked drm_gem_object_unreference "
	"drm_gem_object_unreference_unlocked drm_mode_connector_attach_encoder "
	"drm_mode_connector_update_edid_property drm_pci_exit drm_pci_init drm_platform_init "
	"elevator_init end_request end_that_request_first f_dentry fd_is_open find_task_by_pid "
	"from_timer generic_make_request genl_register_family_with_ops genl_unregister_ops "
	"get_ds get_fs get_monotonic_boottime get_monotonic_boottime64 get_seconds "
	"getnstime_raw_and_real getnstimeofday getnstimeofday64 getrawmonotonic "
	"getrawmonotonic64 gpio_cansleep gpio_export gpio_request_array i2c_new_device "
	"i2c_new_dummy i2c_new_probed_device i2c_new_secondary_device ida_pre_get "
	"ida_simple_get ida_simple_remove idr_get_new idr_get_new_above idr_pre_get "
	"idr_remove_all init_MUTEX init_MUTEX_LOCKED init_timer init_timer_deferrable "
	"init_timer_on_stack inode_change_ok interruptible_sleep_on "
	"interruptible_sleep_on_timeout ioremap_nocache jiffies_to_timespec jiffies_to_timeval "
	"kern_mount_data kernel_locked kmap_atomic kmap_atomic_prot kmem_cache_t "
	"ktime_to_timespec ktime_to_timeval last_rx lock_kernel lookup_one_len mm_segment_t "
	"mmap_sem mmu_notifier_change_pte net_random netif_napi_add_tx_weight "
	"netif_napi_add_weight netif_rx_ni netif_rx_schedule netif_tx_napi_add "
	"nf_register_hook nf_register_hooks nf_unregister_hook nf_unregister_hooks no_llseek "
	"ns_to_timespec ns_to_timeval num_physpages of_get_gpio of_get_gpio_flags "
	"of_get_named_gpio_flags of_gpio_named_count page_cache_get page_cache_release "
	"page_file_offset page_mapcount page_mapping pagevec_add pagevec_init path_lookup "
	"pci_alloc_consistent pci_dac_dma_supported pci_disable_pcie_error_reporting "
	"pci_dma_mapping_error pci_dma_sync_single_for_cpu pci_dma_sync_single_for_device "
	"pci_enable_msi_block pci_enable_msix pci_enable_pcie_error_reporting pci_find_device "
	"pci_free_consistent pci_get_bus_and_slot pci_map_page pci_map_sg pci_map_single "
	"pci_module_init pci_set_consistent_dma_mask pci_set_dma_mask pci_unmap_page "
	"pci_unmap_sg pci_unmap_single pci_zalloc_consistent prandom_bytes prandom_u32 "
	"prandom_u32_max print_symbol proc_net_fops_create proc_net_remove proc_root_driver "
	"put_tty_driver pwm_apply_state pwm_free pwm_request random32 read_proc "
	"register_cpu_notifier register_hotcpu_notifier register_jprobe register_shrinker "
	"register_sysctl_paths register_sysctl_table remap_page_range rtc_time_to_tm "
	"rtc_tm_to_time scsi_adjust_queue_depth scsi_execute scsi_execute_req scsi_get_command "
	"set_cpus_allowed set_fs setup_timer setup_timer_on_stack skb_free_datagram_locked "
	"smp_mb__after_atomic_dec smp_mb__after_atomic_inc smp_mb__after_clear_bit "
	"smp_mb__before_atomic_dec smp_mb__before_atomic_inc smp_mb__before_clear_bit "
	"smp_read_barrier_depends snd_card_create snd_soc_codec snd_soc_codec_driver "
	"snd_soc_register_codec spi_master_get_devdata spi_master_put spi_master_set_devdata "
	"spi_register_master spi_unregister_master strict_strtol strict_strtoul strlcpy "
	"strtobool synchronize_sched sys_close sys_open thermal_zone_device_register timespec "
	"timespec_add_ns timespec_sub timespec_to_ns timeval timeval_to_ns trans_start "
	"try_to_del_timer_sync try_to_release_page u64_stats_fetch_begin_irq "
	"u64_stats_fetch_retry_irq uart_circ_chars_free uart_circ_chars_pending "
	"uart_circ_clear uart_circ_empty unlock_kernel unregister_cpu_notifier "
	"unregister_hotcpu_notifier unregister_jprobe unregister_shrinker usb_buffer_alloc "
	"usb_buffer_free user_path_at_empty v4l2_async_notifier_init v4l2_subdev_get_try_crop "
	"v4l2_subdev_get_try_format vfs_readdir videobuf_queue_vmalloc_init virt_to_bus "
	"vm_insert_mixed vm_insert_pfn vma_merge wake_up_atomic_t write_one_page write_proc "
	"xdp_do_flush_map xmit "
	"asm/system.h asm/uaccess.h asm/unaligned.h crypto/sha.h drm/drmP.h linux/autoconf.h "
	"linux/bootmem.h linux/byteorder/swabb.h linux/config.h linux/cryptohash.h "
	"linux/devfs_fs_kernel.h linux/dma-attrs.h linux/frontswap.h linux/genhd.h "
	"linux/i2c-id.h linux/mtd/nand.h linux/of_gpio.h linux/pci-dma-compat.h "
	"linux/smp_lock.h linux/usb_usual.h linux/utsrelease.h linux/videodev.h linux/vlynq.h "
	"linux/wrapper.h media/v4l2-chip-ident.h media/videobuf-core.h "
	"media/videobuf-vmalloc.h net/netfilter/nf_nat_rule.h scsi/scsi_request.h "
	"sound/driver.h stdarg.h";

/* Functions and macros that take, or return, something else than they did. */
static const char changed[] =
	"DECLARE_TASKLET DECLARE_WORK INIT_WORK DEFINE_SEMAPHORE DEFINE_TIMER MODULE_IMPORT_NS access_ok "
	"acpi_battery_hook add_disk alloc_netdev alloc_workqueue atomic_notifier_chain bdev_open_by_path "
	"bio_alloc bio_alloc_bioset bio_init blk_alloc_disk blk_mq_alloc_disk blk_queue_write_cache "
	"blk_rq_map_user blkdev_get bus_register cdev_device_add class_create class_register "
	"call_usermodehelper cfg80211_ch_switch_notify cfg80211_disconnected cfg80211_inform_bss "
	"cfg80211_roamed cfg80211_rx_mgmt cfg80211_scan_done cfg80211_new_sta cfg80211_register_netdevice "
	"class_find_device class_for_each_device debugfs_create_u32 dev_get_stats dev_open dev_set_mac_address "
	"device_create dma_buf_export dma_buf_vmap dma_buf_vunmap dma_map_page dma_resv_add_shared_fence "
	"drm_atomic_helper_check_plane_state drm_connector_init drm_dev_init drm_dp_aux_register "
	"drm_encoder_init drm_fb_helper_init drm_gem_prime_export drm_mode_config_helper "
	"drm_universal_plane_init fsnotify_add_mark generic_file_fsync genl_register_family "
	"genlmsg_multicast get_user_pages get_user_pages_remote get_unmapped_area gpiochip_remove "
	"hid_report_raw_event hrtimer_init i2c_mux_add_adapter ieee80211_rx ieee80211_beacon_get "
	"ieee80211_tx_status inet_csk_accept init_timer_key inode_init_owner inode_owner_or_capable "
	"iommu_map irq_domain_add_linear kernel_read kernel_write kernel_setsockopt kmap_local kmem_cache_create "
	"kobject_uevent kthread_create led_set_brightness lookup_one mmu_notifier_range_init mount_nodev "
	"netdev_rx_handler_register netif_napi_add netif_rx netlink_broadcast netlink_kernel_create "
	"nf_ct_helper_register nla_parse nla_parse_nested nlmsg_parse notify_change of_dma_configure "
	"of_get_named_gpio page_pool_create pci_alloc_irq_vectors pci_enable_msi percpu_counter_init "
	"perf_event_create_kernel_counter phy_connect platform_get_irq posix_acl_from_xattr "
	"power_supply_register proc_create proc_create_data pwm_apply register_netdevice_notifier "
	"remap_vmalloc_range rtc_device_register scsi_done scsi_host_alloc security_inode_init_security "
	"seq_open set_page_dirty setattr_prepare simple_getattr skb_gso_segment smp_call_function "
	"smp_call_function_single sock_create_kern sock_recvmsg sock_sendmsg strscpy submit_bio "
	"sysfs_notify tasklet_init tcf_block_get thermal_zone_device_register_with_trips timer_setup "
	"try_module_get tty_insert_flip_string tty_ldisc_receive_buf tty_port_register_device "
	"tty_unregister_ldisc udp_tunnel_xmit_skb udp_tunnel6_xmit_skb unregister_chrdev uprobe_register "
	"usb_control_msg_send v4l2_ctrl_new_std v4l2_fh_add v4l2_async_nf_init vb2_dma_contig_init_ctx "
	"vfs_create vfs_getattr vfs_mkdir vfs_rename vfs_rmdir vfs_setxattr vfs_statfs vfs_unlink "
	"video_register_device vm_flags vm_iomap_memory vm_map_ram wiphy_apply_custom_regulatory "
	"xfrm_state_lookup xt_register_target zap_vma_ptes";

/* Callbacks whose parameters or results have changed. */
static const char *const callbacks[] = {
	"struct platform_device *",
	"struct i2c_client *",
	"struct spi_device *",
	"struct timer_list *",
	"struct mnt_idmap *",
	"struct user_namespace *",
	"const struct class *",
	"const struct device *",
	"const struct device_driver *",
	"const struct ctl_table *",
	"struct work_struct *",
	"struct hid_device *",
	"struct genl_split_ops *",
	"struct acpi_battery_hook",
	"struct acpi_device *",
	"const struct bin_attribu",
	"struct serial_core *",
	"struct ktermios *",
	"struct shrinker *",
	"struct pci_dev *",
	"struct net_device *",
	"struct kernel_ethtool_ri",
	"struct iov_iter *",
	"struct cfg80211_",
	"struct ieee80211_",
	"struct sk_buff *",
	"const struct kernel_param",
	"struct bus_type *",
	"struct kobject *",
	"struct vm_fault *",
	"struct blk_mq_hw_ctx *",
	"struct gendisk *",
	"struct drm_",
	"struct snd_",
	"struct dentry *",
	"struct tasklet_struct *",
};

static bool is_word_of(const char *words, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = words; length && (at = strstr(at, name)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

bool interface_lost(const char *name)
{
	return is_word_of(gone, name);
}

bool interface_changed(const char *name)
{
	return is_word_of(changed, name);
}

bool interface_callback(const char *type)
{
	if (!strstr(type, "(*)("))
		return false;
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(*callbacks); i++)
		if (strstr(type, callbacks[i]))
			return true;
	return false;
}
