#!/bin/sh
# Makes a bare Debian 12 in the folder given, clones this repository's HEAD into it, and runs `make demo` and `make check`
# there as a new user would: check_fresh.sh FOLDER. As root. The folder is kept, and used again when it is there.
set -eu
root=$1
source=$(git rev-parse --show-toplevel)
[ "$(id -u)" = 0 ] || { echo "check_fresh: needs root, for a chroot" >&2; exit 4; }
if [ ! -e "$root/etc/debian_version" ]; then
    mmdebstrap --variant=minbase --include=make,git,ca-certificates bookworm "$root"
    # The machine's own settings for packages (mirror, proxy) reach into the chroot; nothing else does.
    for settings in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/99*; do
        [ -f "$settings" ] && cp "$settings" "$root/etc/apt/apt.conf.d/"
    done
fi
rm -rf "$root/root/basanite" "$root/root/bundle"
git -C "$source" bundle create -q "$root/root/bundle" HEAD
for folder in proc sys dev; do
    mountpoint -q "$root/$folder" && continue
    mount --bind "/$folder" "$root/$folder"
    mount --make-private "$root/$folder"
done
trap 'umount "$root/proc" "$root/sys" "$root/dev"' EXIT
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }
inside sh -c 'cd /root && git clone -q bundle basanite'
inside sh -c 'cd /root/basanite && make demo'
inside sh -c 'cd /root/basanite && make check'
