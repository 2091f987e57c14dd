#!/bin/sh
# A machine's libvirt folders of its own: first process of a mount and PID namespace. $1: scratch folder.
set -e
scratch=$1
mount --make-rprivate /
# Overlays, for that nothing is created on the machine: /etc/ubugi, /usr/bin/ubugi-hypervisor and its folders in /var/lib.
mount -t overlay overlay -o "lowerdir=$scratch/etc:/etc" /etc
mount -t overlay overlay -o "lowerdir=$scratch/bin:/usr/bin" /usr/bin
mount -t overlay overlay -o "lowerdir=$scratch/var-lib:/var/lib" /var/lib
for folder in ubugi ubugi-hypervisor; do
  mount --bind "$scratch/$folder" "/var/lib/$folder"
done
mount -t tmpfs tmpfs /run
mkdir /run/libvirt
mount --bind "$scratch/etc-libvirt" /etc/libvirt
mount --bind "$scratch/run" /run/libvirt
for folder in lib log cache; do
  mount --bind "$scratch/$folder" "/var/$folder/libvirt"
done
echo ready
# Not exec: the first process of a PID namespace must reap what daemons leave behind.
sleep infinity &
wait
