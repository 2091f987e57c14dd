/**
 * Names that the directory may not give to a person's account: they belong to the operating system (Debian
 * `base-passwd`, RHEL `setup`, and the packages that nearly every guest has), or have a meaning of their own in
 * sudoers(5) or sshd_config(5). An account of such a name would take over the guest's own.
 */
const reservedAccounts: ReadonlySet<string> = new Set(
  `root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody adm
  shutdown halt operator ftp apache nginx postgres mysql named bind ntp chrony _chrony polkitd dbus messagebus
  avahi rpc rpcuser nfsnobody tss sshd _apt systemd-network systemd-resolve systemd-timesync systemd-coredump
  systemd-oom uuidd tcpdump _rpc statd libvirt-qemu qemu landscape pollinate lxd core cloud-init ubugi all
  default`.split(/\s+/),
);

/** Groups of the operating system; membership of several of them is as good as root. */
const reservedGroups: ReadonlySet<string> = new Set(
  `root daemon bin sys adm tty disk lp mail news uucp man proxy kmem dialout fax voice cdrom floppy tape sudo
  audio dip www-data backup operator list irc src gnats shadow utmp video sasl plugdev staff games users
  nogroup nobody wheel mem ftp lock utempter input kvm render sgx crontab docker podman lxd incus libvirt
  libvirt-qemu ssh _ssh ssh_keys sshd admin netdev systemd-journal systemd-network systemd-resolve
  systemd-timesync systemd-coredump messagebus dbus polkitd tss chrony _chrony rpc postgres mysql core ubugi
  all default`.split(/\s+/),
);

/** Whether an account of the directory may not have this name. */
export function isReservedAccount(name: string): boolean {
  return reservedAccounts.has(name.toLowerCase());
}

/** Whether a group of the directory may not have this name. */
export function isReservedGroup(name: string): boolean {
  return reservedGroups.has(name.toLowerCase());
}
