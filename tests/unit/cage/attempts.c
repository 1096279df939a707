/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways out of the cage, each a function that returns 0 if it got through. All are refused in there;
 * those that do no harm are tried outside too, where they must get through: the test can fail.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cage/fixture.h"
#include "cage/worker.h"

static const char secret[] = "a secret in the memory of the parent";

/* What is there to be reached. */
struct scene {
	pid_t parent;
	struct sockaddr_un path, abstract;
	struct sockaddr_in tcp, udp;
	long key;                  /* serial number */
	char *setuid_cat, *closed; /* a program, and a file that only root may read */
	char *other_build;         /* where another module is built */
};

/* Sockets that listen until the test ends. */
static void listen_at(int type, void *address, socklen_t length)
{
	struct sockaddr *any = address;
	int fd = socket(any->sa_family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, any, length), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, any, &length), 0);
}

static struct scene *scene_make(struct fixture *f)
{
	struct scene *scene = NEW(struct scene);
	cleanup(free_string) char *path = path_join(f->tree, "daemon", NULL);
	struct sockaddr_in loopback = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	scene->parent = getpid();
	scene->path.sun_family = scene->abstract.sun_family = AF_UNIX;
	(void)snprintf(scene->path.sun_path, sizeof(scene->path.sun_path), "%s", path);
	(void)snprintf(scene->abstract.sun_path + 1, sizeof(scene->abstract.sun_path) - 1, "%s",
		       path);
	scene->tcp = scene->udp = loopback;
	listen_at(SOCK_STREAM, &scene->path, sizeof(scene->path));
	assert_int_equal(chmod(path, 0777), 0);
	listen_at(SOCK_STREAM, &scene->abstract, sizeof(scene->abstract));
	listen_at(SOCK_STREAM, &scene->tcp, sizeof(scene->tcp));
	listen_at(SOCK_DGRAM, &scene->udp, sizeof(scene->udp));
	scene->key = syscall(SYS_add_key, "user", "dkms-test", "x", 1, KEY_SPEC_USER_KEYRING);
	scene->setuid_cat = path_join(f->shown_build, "cat", NULL);
	scene->closed = path_join(f->tree, "closed", NULL);
	scratch_write(f->scratch, "tree/closed", "closed\n");
	assert_int_equal(chmod(scene->closed, 0600), 0);
	scratch_directory(f->scratch, "tree/bar/1.0/build");
	scene->other_build = path_join(f->tree, "bar/1.0/build", NULL);
	assert_int_equal(chmod(scene->other_build, 0777), 0);
	return scene;
}

static void scene_free(struct scene *scene)
{
	if (scene->key > 0)
		(void)syscall(SYS_keyctl, KEYCTL_INVALIDATE, scene->key);
	free(scene->setuid_cat);
	free(scene->closed);
	free(scene->other_build);
	free(scene);
}
DEFINE_CLEANUP(struct scene *, scene_free)

static int trace(const struct scene *scene, pid_t pid)
{
	(void)scene;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return -1;
	/* The kernel lets go when the tracer ends. */
	return 0;
}

static int trace_the_parent(const struct scene *scene)
{
	return trace(scene, scene->parent);
}

static int trace_the_first_process(const struct scene *scene)
{
	return trace(scene, 1);
}

static int signal_the_parent(const struct scene *scene)
{
	return kill(scene->parent, 0);
}

static int read_memory(pid_t pid)
{
	char copy[sizeof(secret)] = "";
	struct iovec here = {copy, sizeof(copy)}, there = {(void *)secret, sizeof(secret)};

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof(secret) &&
			       memcmp(copy, secret, sizeof(secret)) == 0
		       ? 0
		       : -1;
}

static int read_the_memory_of_the_parent(const struct scene *scene)
{
	return read_memory(scene->parent);
}

/* It was forked from dkms. */
static int read_the_memory_of_the_first_process(const struct scene *scene)
{
	(void)scene;
	return read_memory(1);
}

static int reach(int type, const void *address, socklen_t length)
{
	const struct sockaddr *any = address;
	int fd = socket(any->sa_family, type, 0);

	if (fd < 0 || connect(fd, any, length) < 0)
		return -1;
	return write(fd, "x", 1) == 1 ? 0 : -1;
}

static int reach_a_tcp_port(const struct scene *scene)
{
	return reach(SOCK_STREAM, &scene->tcp, sizeof(scene->tcp));
}

static int reach_a_udp_port(const struct scene *scene)
{
	return reach(SOCK_DGRAM, &scene->udp, sizeof(scene->udp));
}

static int reach_an_abstract_socket(const struct scene *scene)
{
	return reach(SOCK_STREAM, &scene->abstract, sizeof(scene->abstract));
}

static int reach_a_socket_by_its_path(const struct scene *scene)
{
	return reach(SOCK_STREAM, &scene->path, sizeof(scene->path));
}

/* The host, a virtual machine's hypervisor, is in no network namespace. */
static int open_a_socket_to_the_hypervisor(const struct scene *scene)
{
	(void)scene;
	return socket(AF_VSOCK, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

static int open_a_crypto_socket(const struct scene *scene)
{
	(void)scene;
	return socket(AF_ALG, SOCK_SEQPACKET, 0) < 0 ? -1 : 0;
}

#ifdef __x86_64__
/*
 * The same by the calls of a 32-bit program, which have other numbers. A child tries, because such
 * a call kills where the machine has none. Returns what the call returned, or -ENOSYS.
 */
static long call_as_32_bit(long number, long first, long second, long third)
{
	long result;
	int status = 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
			       ? -WEXITSTATUS(status)
			       : -ENOSYS;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	_exit(result < 0 ? (int)-result : 0);
}

static int open_a_local_socket_as_32_bit(const struct scene *scene)
{
	(void)scene;
	return call_as_32_bit(359 /* socket */, AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

static int start_io_uring_as_32_bit(const struct scene *scene)
{
	(void)scene;
	/* A bad address, were it not refused before that is looked at. */
	return call_as_32_bit(425 /* io_uring_setup */, 1, 0, 0) == -EFAULT ? 0 : -1;
}
#endif

static int read_a_key_of_root(const struct scene *scene)
{
	char byte;

	return syscall(SYS_keyctl, KEYCTL_READ, scene->key, &byte, 1) == 1 ? 0 : -1;
}

static int start_io_uring(const struct scene *scene)
{
	struct io_uring_params parameters = {0};

	(void)scene;
	return syscall(SYS_io_uring_setup, 1, &parameters) < 0 ? -1 : 0;
}

static int make_a_bpf_map(const struct scene *scene)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	(void)scene;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)) < 0 ? -1 : 0;
}

static int handle_page_faults(const struct scene *scene)
{
	(void)scene;
	return syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */) < 0 ? -1 : 0;
}

static int count_events(const struct scene *scene)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
					     .size = sizeof(attributes),
					     .config = PERF_COUNT_SW_TASK_CLOCK,
					     .exclude_kernel = 1};

	(void)scene;
	return syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0) < 0 ? -1 : 0;
}

/* Else it would be the arguments that it minds. */
static bool is_forbidden(long result)
{
	return result < 0 && (errno == EPERM || errno == ENOSYS);
}

static int load_a_module(const struct scene *scene)
{
	(void)scene;
	return is_forbidden(syscall(SYS_init_module, "", 0, "")) ? -1 : 0;
}

static int load_a_kernel(const struct scene *scene)
{
	(void)scene;
	return is_forbidden(syscall(SYS_kexec_load, 0, 0, NULL, 0)) ? -1 : 0;
}

static int become_root_of_a_namespace(const struct scene *scene)
{
	(void)scene;
	return unshare(CLONE_NEWUSER);
}

static int clone_into_a_namespace(const struct scene *scene)
{
	(void)scene;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static int mount_over_etc(const struct scene *scene)
{
	(void)scene;
	/* Outside in a namespace of its own. */
	if (getpid() != 2 && unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return mount("tmpfs", "/etc", "tmpfs", 0, NULL);
}

static int unmount_proc(const struct scene *scene)
{
	(void)scene;
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return umount2("/proc", MNT_DETACH);
}

static int make_a_device(const struct scene *scene)
{
	(void)scene;
	if (mknod("disk", S_IFBLK | 0600, makedev(8, 0)) < 0)
		return -1;
	return unlink("disk");
}

static int write_to_another_build(const struct scene *scene)
{
	cleanup(free_string) char *path = path_join(scene->other_build, "x", NULL);
	int fd = open(path, O_WRONLY | O_CREAT, 0666);

	return fd >= 0 && close(fd) == 0 ? unlink(path) : -1;
}

static int type_into_a_terminal(const struct scene *scene)
{
	(void)scene;
	/* Of no terminal at all it would say so, but it is refused before that. */
	return is_forbidden(ioctl(0, TIOCSTI, "x")) ? -1 : 0;
}

/* As a user who is nobody, or root of the cage. */
static int read_by_a_setuid_program(const struct scene *scene)
{
	int status = -1;

	if (getpid() > 100 && setresuid(65534, 65534, 65534) < 0)
		return -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl(scene->setuid_cat, "cat", scene->closed, NULL);
		(void)execl("cat", "cat", scene->closed, NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

enum outside {
	SUCCEEDS,
	MAY_SUCCEED, /* where the system allows it */
	HARMFUL      /* not tried */
};

static const struct attempt {
	const char *name;
	int (*function)(const struct scene *scene);
	enum outside outside;
} attempts[] = {
	{"trace the parent", trace_the_parent, SUCCEEDS},
	{"trace the first process", trace_the_first_process, HARMFUL},
	{"signal the parent", signal_the_parent, SUCCEEDS},
	{"read the memory of the parent", read_the_memory_of_the_parent, SUCCEEDS},
	{"read the memory of the first process", read_the_memory_of_the_first_process, HARMFUL},
	{"reach a TCP port", reach_a_tcp_port, SUCCEEDS},
	{"reach a UDP port", reach_a_udp_port, SUCCEEDS},
	{"reach an abstract socket", reach_an_abstract_socket, SUCCEEDS},
	{"reach a socket by its path", reach_a_socket_by_its_path, SUCCEEDS},
	{"open a socket to the hypervisor", open_a_socket_to_the_hypervisor, MAY_SUCCEED},
	{"open a crypto socket", open_a_crypto_socket, MAY_SUCCEED},
#ifdef __x86_64__
	{"open a local socket as 32-bit", open_a_local_socket_as_32_bit, MAY_SUCCEED},
	{"start io_uring as 32-bit", start_io_uring_as_32_bit, MAY_SUCCEED},
#endif
	{"read a key of root", read_a_key_of_root, MAY_SUCCEED},
	{"start io_uring", start_io_uring, MAY_SUCCEED},
	{"make a BPF map", make_a_bpf_map, MAY_SUCCEED},
	{"handle page faults", handle_page_faults, MAY_SUCCEED},
	{"count events", count_events, MAY_SUCCEED},
	{"load a module", load_a_module, HARMFUL},
	{"load a kernel", load_a_kernel, HARMFUL},
	{"become root of a namespace", become_root_of_a_namespace, SUCCEEDS},
	{"clone into a namespace", clone_into_a_namespace, SUCCEEDS},
	{"mount over /etc", mount_over_etc, SUCCEEDS},
	{"unmount /proc", unmount_proc, SUCCEEDS},
	{"make a device", make_a_device, SUCCEEDS},
	{"write to another build", write_to_another_build, SUCCEEDS},
	{"type into a terminal", type_into_a_terminal, HARMFUL},
	{"read by a setuid program", read_by_a_setuid_program, SUCCEEDS},
};

struct
try {
	const struct attempt *attempt;
	const struct scene *scene;
};

static int carry_out(void *context)
{
	const struct try *try = context;

	return try->attempt->function(try->scene);
}

/* True if it got through: then the program that follows is started. */
static bool inside(struct fixture *f, struct try *try)
{
	static const char *const argv[] = {"true", NULL};
	const struct process process = {.argv = (char *const *)argv,
					.directory = f->shown_build,
					.stdout_fd = -1,
					.stderr_fd = -1,
					.prepare = carry_out,
					.prepare_context = try};
	struct error error = {0};
	int status = -1;

	if (cage_run(f->cage, &process, none, &status, &error) < 0)
		fail_msg("%s", error.message);
	return status != 126;
}

static bool outside(struct fixture *f, struct try *try)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || chdir(f->build) < 0)
			_exit(99);
		_exit(carry_out(try) == 0 ? 0 : 126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(status == 0 || WEXITSTATUS(status) == 126);
	return status == 0;
}

static int carry_out_in_worker(void *context, struct answer *answer, struct error *error)
{
	(void)error;
	answer_put_number(answer, carry_out(context) == 0);
	return 0;
}

/* What that child is for. */
static bool is_talk(const struct attempt *attempt)
{
	return attempt->function == reach_a_tcp_port || attempt->function == reach_a_udp_port;
}

/* The same in the child that talks to a network. One that dies of it did not get through. */
static bool while_talking(struct try *try)
{
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {.purpose = "an attempt",
				      .work = carry_out_in_worker,
				      .context = try,
				      .opens_files = true,
				      .network = true,
				      .seconds = 20};
	struct error error = {0};
	uint64_t is_through = 0;

	if (worker_run(&worker, &answer, &error) < 0)
		error_clear(&error);
	else
		assert_int_equal(answer_number(&answer, &is_through), 0);
	return is_through;
}

static void add_setuid_program(struct fixture *f)
{
	cleanup(free_string) char *copy = path_join(f->build, "cat", NULL);
	cleanup(free_string) char *command = text_format("cp /bin/cat %s", copy);

	assert_int_equal(system(command), 0);
	assert_int_equal(chown(copy, 0, 0), 0);
	assert_int_equal(chmod(copy, 04755), 0);
}

static void all_are_refused(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(scene_free_handler) struct scene *scene = scene_make(f);
	int wrong = 0;

	(void)state;
	add_setuid_program(f);
	assert_int_equal(chmod(f->view, 0755), 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		const struct attempt *attempt = &attempts[i];
		struct try try = {attempt, scene};
		bool out = attempt->outside != HARMFUL && outside(f, &try);

		if (attempt->outside == SUCCEEDS && !out) {
			print_message("# refused even outside: %s\n", attempt->name);
			wrong++;
		}
		if (inside(f, &try)) {
			print_message("# possible: %s\n", attempt->name);
			wrong++;
		}
		if (while_talking(&try) && !is_talk(attempt)) {
			print_message("# possible while talking: %s\n", attempt->name);
			wrong++;
		}
		if (attempt->outside == MAY_SUCCEED && !out)
			print_message("# refused here even outside: %s\n", attempt->name);
	}
	assert_int_equal(wrong, 0);
}

/* The system's own mounts are read-only, each of them; over the key lies a file of the cage. */
static void only_private_mounts_are_writable(void **state)
{
	static const char list[] =
		"awk '$6 ~ /^rw/ {print $5}' /proc/self/mountinfo |"
		" grep -vxE '/tmp|/var/tmp|/run|/proc|/dev(/.*)?|.*/mok[.]key' | grep -vxF \"$1\"";
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(fixture_free_handler) struct fixture *open = caged(CAGE_VIEW);

	(void)state;
	assert_int_equal(run(f, list, f->home), 1);
	assert_int_equal(run(open, list, open->home), 0);
}

static void dev_has_no_devices_of_the_machine(void **state)
{
	static const char check[] = "test \"$(ls -A /dev | LC_ALL=C sort | tr '\\n' ' ')\" = "
				    "'.hidden fd full null random shm stderr stdin stdout tty "
				    "urandom zero '";
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(fixture_free_handler) struct fixture *open = caged(CAGE_VIEW);

	(void)state;
	assert_int_equal(run(f, check, ""), 0);
	assert_int_not_equal(run(open, check, ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_refused),
		cmocka_unit_test(only_private_mounts_are_writable),
		cmocka_unit_test(dev_has_no_devices_of_the_machine),
	};

	if (getuid() != 0 || !cages_are_possible()) {
		print_message("1..0 # SKIP needs root and mount namespaces\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
