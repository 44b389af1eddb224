#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# package.sh FILE.deb: installs the package in a bare Debian 12, plays there as
# an ordinary user would, and purges it; nothing may be left. Needs root, and the
# network for apt. `./dev package --check` runs it. The bare system is
# $LONGWAVE_CHROOT, a tar file, or else made by debootstrap, once.
set -euo pipefail
deb=$(readlink -f "$1")
cache=${LONGWAVE_CHROOT:-$(dirname "$deb")/debian12.tar}

fail() {
    printf 'FAIL: %s\n' "$*"
    exit 1
}
pass() { printf 'ok: %s\n' "$*"; }

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
# as a user who is nobody in particular
as_user() { inside setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/listener "$@"; }

# apt NAME ARGUMENTS...: its words in NAME.log
apt() {
    local log=$root/tmp/$1.log
    shift
    inside apt-get -y -q --no-install-recommends "$@" >"$log" 2>&1 || fail "apt-get $*"
}

make_base() {
    local dir
    dir=$(mktemp -d)
    printf 'making %s\n' "$cache"
    debootstrap --variant=minbase bookworm "$dir" >"$root/debootstrap.log" 2>&1 || {
        tail -n 5 "$root/debootstrap.log"
        fail "debootstrap"
    }
    tar -C "$dir" -cf "$cache.new" .
    rm -rf --one-file-system "$dir"
    mv "$cache.new" "$cache"
}

unpack() {
    local node
    [ -f "$cache" ] || make_base
    tar -C "$root" -xf "$cache"
    chmod 755 "$root" # which mktemp had kept from everybody else
    mkdir -p "$root/dev" "$root/proc"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir -m 1777 "$root/dev/shm"
    for node in null zero full random urandom tty; do
        touch "$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777,size=256m tmpfs "$root/dev/shm"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # how this machine reaches the archive
    apt-config dump | grep '^Acquire::.*[Pp]roxy' >"$root/etc/apt/apt.conf.d/99host" || true
    # a minimal image leaves the manual out: here it is to be read
    rm -f "$root"/etc/dpkg/dpkg.cfg.d/*
}

# All files but those that apt, dpkg and this script keep.
list_files() {
    (cd "$root" && find . -xdev \( -path ./tmp -o -path ./dev -o -path ./proc -o \
        -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg \) -prune -o -print | sort)
}

# In a network of its own, with no more than loopback.
play() {
    local code=0 i left opus=$root/tmp/live.opus
    ip link set lo up
    as_user longwave doctor >"$root/tmp/doctor.log" 2>&1 || code=$?
    # a new user has no realtime rights; nothing else may be amiss
    [ $code = 1 ] || fail "longwave doctor ended with $code"
    [ "$(awk '/^problem/ { print $2 }' "$root/tmp/doctor.log" | sort -u)" = realtime ] ||
        fail "longwave doctor found other problems"
    grep -q '^ok *vulkan .*llvmpipe' "$root/tmp/doctor.log" || fail "the doctor does not see lavapipe"
    pass "longwave doctor names what a new user lacks, and that alone"

    as_user longwave run >"$root/tmp/run.log" 2>&1 &
    for ((i = 0; i < 300; i++)); do
        ! grep -q '^Ctrl-C' "$root/tmp/run.log" || break
        sleep 0.1
    done
    grep -q '^Ctrl-C' "$root/tmp/run.log" || fail "longwave run did not start"
    as_user curl -s -m 3 http://127.0.0.1:8000/live.opus >"$opus" || true
    [ "$(head -c 4 "$opus")" = OggS ] || fail "no Ogg is heard"
    [ "$(stat -c %s "$opus")" -gt 20000 ] || fail "hardly anything is heard"
    if command -v opusinfo >/dev/null; then
        opusinfo "$opus" >"$root/tmp/opusinfo.log" 2>&1 || true # it has no end
        grep -q 'Opus stream 1' "$root/tmp/opusinfo.log" || fail "opusinfo: no stream"
    fi
    as_user longwave set brightness 1.5 >/dev/null || fail "longwave set"
    for i in /proc/[0-9]*; do # in this world there is no other
        if [ "$(tr '\0' ' ' <"$i/cmdline" | cut -d ' ' -f 1-2)" = 'longwave run' ]; then
            kill -TERM "${i#/proc/}"
        fi
    done 2>/dev/null
    wait $! || fail "longwave run did not end well"
    left=$(find "$root/dev/shm" -mindepth 1 ! -name jack-shm-registry ! -name 'jack_db-*')
    [ -z "$left" ] || fail "left in shared memory: $left"
    pass "longwave run plays: $(stat -c %s "$opus") bytes of Ogg in 3 s"
}

read_manual() {
    local page
    for page in longwave longwave-gen longwave-master longwave-sink longwave-preset longwave-station; do
        inside env MANPAGER=cat man "$page" >"$root/tmp/man.log" 2>&1 || fail "man $page"
        grep -q '^NAME' "$root/tmp/man.log" || fail "man $page says nothing"
    done
    inside man -k ambient | grep -q '^longwave (1)' || fail "man -k does not know it"
    pass "man"
}

if [ "${2:-}" = play ]; then
    root=$3
    play
    exit
fi

# Mounts and processes are of a world of their own and go with it.
if [ -z "${LONGWAVE_WORLD:-}" ]; then
    [ "$(id -u)" = 0 ] || {
        echo "skipped: needs root"
        exit 77
    }
    flags=(-m -i -p -f --mount-proc --kill-child)
    # in a chroot / is no mount point and its propagation can't be changed
    unshare "${flags[@]}" true 2>/dev/null || flags+=(--propagation unchanged)
    LONGWAVE_WORLD=1 exec unshare "${flags[@]}" bash "$0" "$@"
fi

root=$(mktemp -d)
leave() {
    local code=$? f
    if [ $code != 0 ]; then
        for f in "$root"/tmp/*.log; do
            [ -s "$f" ] || continue
            printf -- '--- %s\n' "$(basename "$f")"
            tail -n 20 "$f"
        done
    fi
    umount -R "$root/dev" "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap leave EXIT

unpack
apt update update
apt tools install man-db curl
inside useradd -m -u 1000 -U listener
cp "$deb" "$root/tmp/longwave.deb"
# what it needs comes first, so that what it brings itself can be told apart
mapfile -t needs < <(inside dpkg-deb -f /tmp/longwave.deb Depends |
    tr ',' '\n' | sed 's/ *(.*)//; s/|.*//; s/^ *//; s/ *$//')
apt needs install "${needs[@]}" libvulkan1 mesa-vulkan-drivers
list_files >"$root/tmp/before"
apt install install /tmp/longwave.deb
pass "installs, with ${needs[*]}"
unshare -n bash "$0" "$deb" play "$root"
read_manual
apt purge purge longwave
rm -rf "$root/home/listener/.cache" # the user's, not the package's
list_files >"$root/tmp/after"
diff "$root/tmp/before" "$root/tmp/after" || fail "purge leaves (>) or takes (<) something"
pass "purge leaves nothing"
