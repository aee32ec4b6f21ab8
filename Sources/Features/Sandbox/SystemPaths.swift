import Glibc

/// What of the system every runtime needs: shared by all users, nothing secret in it.
package enum SystemPaths {
    /// Folders and files to read and execute from, as far as they are there.
    package static var readable: [String] {
        folders.filter(exists) + configuration.filter(exists) + families.flatMap(matching) + kernel.filter(exists)
    }

    /// Device files.
    package static let devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"].filter(exists)

    /// What CUDA reads, and the device files that belong to no card.
    package static var gpu: (readable: [String], devices: [String]) {
        let readable =
            [
                "/proc/driver/nvidia", "/sys/bus/pci/devices", "/sys/devices/system/node", "/sys/module/nvidia",
                "/sys/module/nvidia_uvm", "/etc/nvidia", "/etc/vulkan", "/etc/OpenCL",
            ].filter(exists) + matching("/sys/devices/pci*")
        let devices =
            ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"].filter(exists)
        return (readable, devices)
    }

    /// The device files of the cards themselves, and of instances of cards in MIG mode (`nvidia-cap1` and `2` are an
    /// administrator's: to make instances, and to watch others').
    package static var cards: [String] {
        let ofAdministrators = ["/dev/nvidia-caps/nvidia-cap1", "/dev/nvidia-caps/nvidia-cap2"]
        return matching("/dev/nvidia[0-9]*")
            + matching("/dev/nvidia-caps/nvidia-cap[0-9]*").filter { !ofAdministrators.contains($0) }
    }

    /// Patterns of all of these device files: the driver makes them when it is first asked, a module or instance later.
    package static let gpuFamilies = ["/dev/nvidia*", "/dev/nvidia-caps/*"]

    /// What of `/proc` is the machine's and not a process's.
    package static let machine = [
        "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version",
        "/proc/filesystems", "/proc/devices", "/proc/vmstat", "/proc/sys/kernel", "/proc/sys/vm", "/proc/sys/fs",
        "/proc/sys/net/core", "/proc/sys/net/ipv4", "/proc/sys/net/ipv6",
    ].filter(exists)

    private static let folders = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store",
    ]

    private static let configuration = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "debian_version",
        "fonts", "freetds", "gai.conf", "group", "host.conf", "hosts", "java", "krb5.conf", "krb5.conf.d",
        "ld.so.cache",
        "ld.so.conf", "ld.so.conf.d", "locale.alias", "locale.conf", "localtime", "lsb-release", "magic", "magic.mime",
        "mailcap", "mime.types", "networks", "nsswitch.conf", "odbcinst.ini", "os-release", "papersize", "passwd",
        "perl",
        "php", "pki/ca-trust", "pki/tls/cert.pem", "pki/tls/certs", "pki/tls/openssl.cnf", "protocols", "R",
        "resolv.conf",
        "rpc", "services", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone", "xml",
    ].map { "/etc/" + $0 }

    /// Names with versions in them.
    private static let families = ["/etc/python3*", "/etc/java-*", "/etc/ImageMagick-*"]

    private static let kernel = [
        "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage",
        "/run/systemd/resolve", "/run/resolvconf", "/var/cache/fontconfig",
    ]

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The paths that there are of a pattern (glob(7)).
    package static func matching(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}
