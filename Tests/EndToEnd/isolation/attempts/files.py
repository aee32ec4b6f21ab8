"""Files of others: reading them, changing them, getting at them sideways."""
import ctypes
import mmap
import os
import stat

from hands import Refused, call, first, handle_of, read, targets, text


def scratch(name):
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", name)


# Reading


def another_zones_file(world):
    """Open a file of another zone's folder."""
    return read(world["other_file"])


def a_nested_zones_file(world):
    """Open a file of a zone whose folder lies within this zone's."""
    return read(world["nested_file"])


def a_nested_zones_file_by_import(world):
    """Import the module of a zone whose folder lies within this zone's."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("vault", world["nested_module"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SECRET


def through_a_symlink(world):
    """Make a symbolic link to another zone's file and open it."""
    path = scratch("link")
    os.symlink(world["other_file"], path)
    return read(path)


def through_a_symlink_of_a_folder(world):
    """Make a symbolic link to a whole zone and open a file through it."""
    path = scratch("folder-link")
    os.symlink(os.path.dirname(world["nested_file"]), path)
    return read(os.path.join(path, os.path.basename(world["nested_file"])))


def through_a_hard_link(world):
    """Link another zone's file into the scratch folder and open it."""
    path = scratch("hard-link")
    os.link(world["other_file"], path)
    return read(path)


def through_proc_self_root(world):
    """Open a file by /proc/self/root."""
    return read("/proc/self/root" + world["other_file"])


def through_proc_self_cwd(world):
    """Change into another folder and open from there by /proc/self/cwd."""
    os.chdir(os.path.dirname(world["other_file"]))
    return read("/proc/self/cwd/" + os.path.basename(world["other_file"]))


def by_folder_descriptors(world):
    """Walk up from an open folder by `..` and down into another zone."""
    descriptor = os.open(world["folder"], os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(40):
        descriptor = os.open("..", os.O_PATH | os.O_DIRECTORY, dir_fd=descriptor)
    found = os.open(world["other_file"].lstrip("/"), os.O_RDONLY, dir_fd=descriptor)
    return os.read(found, 100)


def by_file_handle(world):
    """Open a file by its handle, past its path."""
    mount = os.open(world["folder"], os.O_RDONLY | os.O_DIRECTORY)
    return os.read(call("open_by_handle_at", mount, handle_of(world["other_file"]), os.O_RDONLY), 100)


def by_moving_it(world):
    """Rename another zone's file into the scratch folder."""
    os.rename(world["other_file"], scratch("moved"))
    return read(scratch("moved"))


def a_key_file(world):
    """Read the file of an API key."""
    return read(world["key_file"])


def the_settings_file(world):
    """Read the settings."""
    return read(world["settings"])


def the_state_database(world):
    """Read the server's database."""
    return first(read, [os.path.join(world["state"], name) for name in world["state_files"]])


def the_state_folder(world):
    """List the server's state folder."""
    # In a tree of the zone's own there is a folder of that name for what is mounted in it.
    return [name for name in os.listdir(world["state"]) if name not in ("scratch", "spool")]


def the_log(world):
    """Read the server's log."""
    return read(world["log"])


def the_password_file(world):
    """Read /etc/shadow."""
    return read("/etc/shadow")


def a_private_file(world):
    """Read a file of the server's user elsewhere."""
    return read(world["private_file"])


def a_file_of_shared_memory(world):
    """Read what another process keeps in /dev/shm."""
    return read(world["shm_file"])


def watching_a_folder(world):
    """Watch what happens in another zone's folder."""
    notify = ctypes.CDLL(None, use_errno=True).inotify_init()
    return call("inotify_add_watch", notify, text(os.path.dirname(world["other_file"])), 0xFFF) > 0


# The server and its processes in /proc


def the_servers_environment(world):
    """Read /proc/SERVER/environ."""
    return read(f"/proc/{world['server']}/environ") or None


def the_servers_memory(world):
    """Open /proc/SERVER/mem."""
    return os.open(f"/proc/{world['server']}/mem", os.O_RDONLY) > 0


def the_servers_map(world):
    """Read /proc/SERVER/maps."""
    return read(f"/proc/{world['server']}/maps") or None


def the_servers_descriptors(world):
    """Find out what the server has open, or open it: /proc/SERVER/fd."""
    return first(lambda number: os.readlink(f"/proc/{world['server']}/fd/{number}"), range(64))


def the_servers_root(world):
    """Go through /proc/SERVER/root."""
    return read(f"/proc/{world['server']}/root{world['other_file']}")


def the_servers_folder(world):
    """Go through /proc/SERVER/cwd."""
    return os.listdir(f"/proc/{world['server']}/cwd/")


def the_servers_program(world):
    """Open the server's program for writing."""
    return first(lambda path: os.open(path, os.O_RDWR) > 0, [f"/proc/{world['server']}/exe", world["binary"]])


def another_zones_environment(world):
    """Read the environment of another zone's worker."""
    return first(lambda pid: read(f"/proc/{pid}/environ"), [world["other_worker"], world["other_zygote"]])


def an_ancestors_memory(world):
    """Write into the zygote's memory, from which later calls are forked."""
    return first(lambda pid: os.open(f"/proc/{pid}/mem", os.O_RDWR) > 0, targets(world, "zygote", "supervisor"))


def a_siblings_memory(world):
    """Open the memory of another worker of the same zone."""
    return first(lambda pid: os.open(f"/proc/{pid}/mem", os.O_RDWR) > 0, targets(world, "sibling"))


def descriptors_left_open(world):
    """Find a descriptor of the server's among its own."""
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
            mode = os.fstat(int(name)).st_mode
        except OSError:
            continue
        if target.startswith((world["state"], world["settings"], world["log"])) or stat.S_ISBLK(mode):
            return target
        if target.startswith("anon_inode:[eventpoll]") or ".sqlite" in target:
            return target
    raise Refused("none")


# Changing


def a_file_in_the_zone_folder(world):
    """Make a file in the zone's own folder."""
    return open(os.path.join(world["folder"], "made.py"), "w").write("x")


def the_own_script(world):
    """Overwrite a script."""
    return open(world["script"], "r+b").write(b"#")


def the_own_script_by_descriptor(world):
    """Open a script for reading, then its descriptor for writing by /proc/self/fd."""
    return os.open(f"/proc/self/fd/{os.open(world['script'], os.O_RDONLY)}", os.O_RDWR) > 0


def a_shared_mapping_of_a_script(world):
    """Map a script shared and write to the pages."""
    with open(world["script"], "rb") as file:
        pages = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        pages[0:1] = b"#"
    return True


def cutting_a_script_by_opening(world):
    """Cut a script to nothing by O_TRUNC on a descriptor for reading."""
    return os.open(world["victim_file"], os.O_RDONLY | os.O_TRUNC) > 0


def cutting_a_script(world):
    """Cut a script by truncate(2)."""
    return os.truncate(world["victim_file"], 0) is None


def renaming_a_script(world):
    """Rename a script."""
    return os.rename(world["victim_file"], world["victim_file"] + ".away") is None


def removing_a_script(world):
    """Remove a script."""
    return os.unlink(world["victim_file"]) is None


def a_symlink_in_the_zone_folder(world):
    """Make a symbolic link to a key file in the zone's folder."""
    return os.symlink(world["key_file"], os.path.join(world["folder"], "key.html")) is None


def a_hard_link_in_the_zone_folder(world):
    """Make a hard link in the zone's folder."""
    os.link(world["script"], os.path.join(world["folder"], "linked.py"))
    return True


def a_race_of_links(world):
    """Swap a script's folder for a link to another zone as fast as it goes, while others load it."""
    for _ in range(300):
        for way in (
            lambda: os.rename(os.path.join(world["folder"], "sub"), os.path.join(world["folder"], "sub.away")),
            lambda: os.symlink(os.path.dirname(world["other_file"]), os.path.join(world["folder"], "sub.new")),
            lambda: os.replace(scratch("link"), os.path.join(world["folder"], "sub")),
        ):
            try:
                way()
                return True
            except OSError:
                continue
    raise Refused("every one of 900 renames")


def the_modes_of_a_file(world):
    """Change the mode of a file of the zone's folder."""
    return changed(world, lambda path: os.chmod(path, 0o666))


def the_modes_by_descriptor(world):
    """Change the mode of a file by its descriptor."""
    return changed(world, lambda path: os.fchmod(os.open(path, os.O_RDONLY), 0o666))


def the_owner_of_a_file(world):
    """Change the owner of a file of the zone's folder."""
    return changed(world, lambda path: os.chown(path, os.getuid(), os.getgid()))


def the_times_of_a_file(world):
    """Change the times of a file of the zone's folder."""
    return changed(world, lambda path: os.utime(path, (1, 1)))


def the_attributes_of_a_file(world):
    """Set an attribute of a file of the zone's folder."""
    return changed(world, lambda path: os.setxattr(path, "user.x", b"1"))


def changed(world, work):
    return work(world["victim_file"]) is None


def the_state(world):
    """Make a file in the state folder."""
    return open(os.path.join(world["state"], "made"), "w").write("x")


def the_log_file(world):
    """Append to the server's log."""
    return open(world["log"], "a").write("forged\n")


def the_settings(world):
    """Overwrite the settings."""
    return open(world["settings"], "a").write("#\n")


def the_machines_folders(world):
    """Make a file in /etc, /var, /usr, /root, /run, /srv or /home."""
    return first(lambda folder: make(folder), ["/etc", "/var", "/usr", "/root", "/run", "/srv", "/home", "/opt", "/boot"])


def make(folder):
    path = os.path.join(folder, f"steward-escape-{os.getpid()}")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL))
    os.unlink(path)
    return path


def the_folders_for_everybody(world):
    """Make a file in a folder outside that everybody may write to."""
    return make(world["open_folder"])


def shared_memory_for_everybody(world):
    """Make a file in the machine's /dev/shm."""
    name = f"/dev/shm/{world['shm_name']}"
    return open(name, "w").write("x")


def the_runtime(world):
    """Change the package that the zygote runs."""
    return make(os.path.join(world["library"], "steward_worker"))


def the_interpreter(world):
    """Swap /proc/self/exe: open the interpreter for writing."""
    return os.open("/proc/self/exe", os.O_RDWR) > 0


def another_workers_scratch(world):
    """Make a file in the scratch folder of another worker."""
    own = os.path.realpath(os.environ["TMPDIR"])
    above = os.path.dirname(own)
    known = [path for path in world["scratch_folders"] if os.path.realpath(path) != own]
    try:
        known += [entry.path for entry in os.scandir(above) if entry.is_dir() and os.path.realpath(entry.path) != own]
    except OSError:
        pass
    return first(make, known)


def a_device_file(world):
    """Make the device file of a disk."""
    path = scratch("disk")
    os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(8, 0))
    return True


def the_machines_memory(world):
    """Open /dev/mem, /dev/kmem, /dev/port or the kernel's log."""
    return first(lambda path: os.open(path, os.O_RDONLY) > 0, ["/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/proc/kcore"])


def the_kernels_settings(world):
    """Write to /proc/sys, /proc/sysrq-trigger or /sys."""
    places = ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/power/state", "/proc/sys/vm/overcommit_memory"]
    return first(lambda path: os.open(path, os.O_WRONLY) > 0, places)


def another_cgroup(world):
    """Move into another cgroup."""
    folders = ["", "memory/", "cpu/", "pids/", "unified/", "systemd/", "system.slice/"]
    found = [f"/sys/fs/cgroup/{folder}{name}" for folder in folders for name in ("cgroup.procs", "tasks")]
    for above, _, names in os.walk("/sys/fs/cgroup"):
        found += [os.path.join(above, name) for name in names if name in ("cgroup.procs", "tasks")]
        if len(found) > 50:
            break
    return first(lambda path: os.open(path, os.O_WRONLY) > 0, found)


def the_oom_score_of_the_server(world):
    """Make the server the first to be killed when memory is short."""
    return open(f"/proc/{world['server']}/oom_score_adj", "w").write("1000")
