#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# longwave doctor in worlds that are really so: without realtime rights, with 64
# MB of /dev/shm, with a port taken, without Vulkan, with servers that run, hang,
# died or are another's. Each is named with its fix, and nothing is changed.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

# examine CODE COMMAND...: its findings in $tmp/said; nothing may change.
examine() {
    local want=$1 got=0 before
    shift
    before=$(find /dev/shm "$tmp" ! -path "$tmp/said" ! -name '*.log' | sort)
    timeout 60 "$@" >"$tmp/said" 2>"$tmp/doctor-err.log" || got=$?
    cp "$tmp/said" "$tmp/doctor.log"
    [ $got = "$want" ] || fail "'$*' exited with $got, not $want"
    [ ! -s "$tmp/doctor-err.log" ] || fail "'$*' complained"
    [ "$before" = "$(find /dev/shm "$tmp" ! -path "$tmp/said" ! -name '*.log' | sort)" ] ||
        fail "the doctor left something"
}
touch "$tmp/said"

# finds LEVEL TOPIC TEXT [FIX]: a finding, and the line to type under it.
finds() {
    local line
    line=$(grep -n -E "^$1 +$2 +.*$3" "$tmp/said" | head -n 1 | cut -d: -f1)
    [ -n "$line" ] || fail "no $1 of $2: /$3/"
    [ -z "${4:-}" ] || sed -n "$((line + 1))p" "$tmp/said" | grep -Eq "^ +fix +.*$4" ||
        fail "$2 has no fix /$4/"
}
finds_none() {
    ! grep -E "^$1 +$2" "$tmp/said" || fail "an unfounded $1 of $2"
}
doctor=("$BIN/longwave" doctor)

# Whether this machine can be called healthy is not ours: rights are asked of
# those who have them, and everything else has to be in order.
rights=1
if chrt -f 10 true 2>/dev/null; then rights=0; fi
examine $rights "${doctor[@]}"
finds ok programs 'longwave-gen'
finds ok presets '[1-9][0-9]* of music, [1-9]'
finds ok shm '256 MiB, .* enough for any jackd'
finds ok jack "libjack .* of jackd2, /"
finds ok jack "no server 'default' runs: longwave run starts one"
finds ok port "listeners' address 127.0.0.1:8000 is free"
finds ok cpu "$(nproc) processors?, SIMD level (portable|neon|avx2|avx512)"
[ $rights = 1 ] || finds ok realtime 'is permitted'
[ $rights = 1 ] || grep -q '^No problem found' "$tmp/said" || fail "a healthy machine is called ill"
pass "healthy"

# As much for programs that read it.
"${doctor[@]}" --json >"$tmp/said" || [ $rights = 1 ]
grep -q '"problems": '$rights "$tmp/said" || fail "--json has no count of problems"
for key in level topic text fix; do
    [ "$(grep -c "\"$key\": " "$tmp/said")" -ge 10 ] || fail "--json lacks '$key'"
done
pass "json"

# 1. No realtime rights: whoever it is loses the limit and every capability.
bare=(prlimit --rtprio=0:0 setpriv --bounding-set=-all --inh-caps=-all)
examine 1 "${bare[@]}" "${doctor[@]}"
finds problem realtime 'no realtime scheduling: Operation not permitted' \
    "(limits.d/audio.conf && sudo usermod -aG audio|docker run --ulimit rtprio=95|su --login)"
finds note memory 'may be locked' 'memlock'
"${bare[@]}" chrt -f 10 true 2>/dev/null && fail "the world has realtime rights after all"
pass "no realtime rights"

# 2. 64 MB of /dev/shm, as containers have. That jackd dies there is so, where it
# may lock memory, and what is said of the station's own as well.
mount -t tmpfs -o size=64m tmpfs /dev/shm
examine 1 "${doctor[@]}"
finds problem shm '/dev/shm has 64 MiB, .* jackd takes up to 105,.*SIGBUS.* up to 47 and fits' \
    'docker run --shm-size=256m'
grep -q 'mount -o remount,size=256m /dev/shm' "$tmp/said" || fail "no fix outside of containers"
if grep -Eq '^ok +memory' "$tmp/said"; then
    code=0
    timeout 10 jackd -r -d dummy >"$tmp/jackd.log" 2>&1 || code=$?
    [ $code = 135 ] || fail "a usual jackd ends with $code in 64 MB, not with SIGBUS"
    # what it left takes all there is, and the doctor sees that
    examine 1 "${doctor[@]}"
    finds problem shm 'has 64 MiB, 0 free: .*dies as well'
    finds note shm 'files .* are of JACK servers of yours that are gone' 'rm -f /dev/shm/jack-'
    fix=$(sed -n 's/^ *fix *\(rm -f .*\)/\1/p' "$tmp/said" | head -n 1)
    bash -c "$fix" || fail "the fix fails: $fix"
    [ -z "$(find /dev/shm -type f ! -name jack-shm-registry)" ] || fail "the fix leaves files"
fi
jackd -r -p 256 -d dummy -r 48000 -p 256 >"$tmp/jackd.log" 2>&1 &
jackd=$!
wait_for 10 jack_lsp || fail "jackd -p 256 does not run in 64 MB"
examine $rights "${doctor[@]}"
finds ok shm 'enough for clients of the server that runs'
stop_pid $jackd TERM 10
umount /dev/shm
pass "64 MB of /dev/shm"

# 3. Ports that are taken, by a program that we may see, and the line that helps.
perl -MSocket -e 'for (8000, 8010) { socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s,
    sockaddr_in($_, INADDR_LOOPBACK)) && listen($s, 5) or die; push @all, $s } sleep' &
holder=$!
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_DGRAM, 0); bind($s,
    sockaddr_in(7770, INADDR_LOOPBACK)) or die; sleep' &
holders=("$holder" $!)
wait_for 5 grep -q 1F4A /proc/net/tcp || fail "nobody has the port"
wait_for 5 grep -q 1E5A /proc/net/udp || fail "nobody has the other port"
examine 1 "${doctor[@]}"
finds problem port "listeners' address 127.0.0.1:8000 is taken by perl \(process $holder\)" \
    'longwave run --listen 127.0.0.1:8011$'
finds ok port "operator's address 127.0.0.1:8001 is free"
finds note port 'OSC control 127.0.0.1:7770 is taken by perl .*plays without it' \
    'longwave run --osc 127.0.0.1:7780'
# of the station that is named; nobody's address; without its OSC
sed -e 's/^listen:.*/listen: 127.0.0.1:8010/; s/^admin:.*/admin: 203.0.113.9:8001/' \
    "$top/presets/stations/default.yaml" >"$tmp/other.yaml"
echo 'osc: none' >>"$tmp/other.yaml"
examine 1 "${doctor[@]}" "$tmp/other.yaml"
finds problem port '127.0.0.1:8010 is taken' "longwave run $tmp/other.yaml --listen 127.0.0.1:8020"
finds problem port '203.0.113.9:8001 is no address of this machine' \
    "longwave run $tmp/other.yaml --admin 127.0.0.1:8001"
! grep -q OSC "$tmp/said" || fail "a port that the station does not want is looked at"
kill "${holders[@]}"
# The same port on other addresses is in nobody's way, and not who has it.
listens() { # ADDRESS: in the background, as another program; its pid in $!
    perl -MSocket=:DEFAULT,inet_pton,pack_sockaddr_in6 -e 'socket(my $s, $ARGV[0] =~ /:/ ? PF_INET6 : PF_INET, SOCK_STREAM, 0);
        bind($s, $ARGV[0] =~ /:/ ? pack_sockaddr_in6(8000, inet_pton(AF_INET6, $ARGV[0]))
            : sockaddr_in(8000, inet_aton($ARGV[0]))) && listen($s, 5) or die; sleep' "$1" &
}
listening() { [ "$(grep -c '1F40 [0:]* 0A\|1F40 .* 0A ' /proc/net/tcp /proc/net/tcp6 |
    awk -F: '{ n += $2 } END { print n }')" = "$1" ]; }
listens 127.0.0.2
holders=($!)
listens ::1
holders+=($!)
wait_for 5 listening 2 || fail "nobody has the port"
examine $rights "${doctor[@]}"
finds ok port "listeners' address 127.0.0.1:8000 is free"
listens 127.0.0.1
holders+=($!)
wait_for 5 listening 3 || fail "nobody has the port"
examine 1 "${doctor[@]}"
finds problem port "listeners' address 127.0.0.1:8000 is taken by perl \(process $!\)"
for any in 0.0.0.0 '[::]'; do # whoever is found first
    sed "s/^listen:.*/listen: '$any:8000'/" "$top/presets/stations/default.yaml" >"$tmp/any.yaml"
    examine 1 "${doctor[@]}" "$tmp/any.yaml"
    finds problem port "listeners' address .*:8000 is taken by perl"
done
kill "${holders[@]}"
listens ::
wait_for 5 listening 1 || fail "nobody has the port"
examine 1 "${doctor[@]}"
finds problem port "listeners' address 127.0.0.1:8000 is taken by perl \(process $!\)"
kill $!
exits 2 "there is no 'nowhere' in presets/stations" "${doctor[@]}" nowhere
exits 2 "unknown option '--jsno'; did you mean --json" "${doctor[@]}" --jsno
pass "ports"

# 4. No Vulkan: no driver by a variable that leads nowhere; no loader.
examine 1 env VK_ICD_FILENAMES=/nonexistent "${doctor[@]}"
finds problem vulkan 'VK_ICD_FILENAMES is set to /nonexistent: the CPU renders' \
    'unset VK_ICD_FILENAMES .*apt install .*mesa-vulkan-drivers'
loader=$(ldconfig -p | sed -n 's/.*libvulkan\.so\.1 .*=> //p' | head -n 1)
if [ -n "$loader" ]; then
    mount --bind /dev/null "$(readlink -f "$loader")"
    examine $rights "${doctor[@]}"
    finds '(note|problem)' vulkan 'libvulkan.so.1 is not there' \
        'apt install libvulkan1 (mesa-vulkan-drivers|nvidia-vulkan-icd)'
    umount "$(readlink -f "$loader")"
fi
# a driver that dies does not take the doctor along
cc -shared -fPIC -x c -o "$tmp/libbad.so" - <<'C'
#include <stdlib.h>
void *vk_icdGetInstanceProcAddr(void *i, const char *n) { (void)i; (void)n; abort(); }
C
printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.2.0"}}\n' \
    "$tmp/libbad.so" >"$tmp/bad.json"
examine 1 env VK_ICD_FILENAMES="$tmp/bad.json" VK_DRIVER_FILES="$tmp/bad.json" "${doctor[@]}"
finds problem vulkan 'a driver ended with signal 6' 'longwave run --renderer cpu'
# the software device is called what it is
if "$BIN/longwave-gen" --list-gpus 2>/dev/null | grep -q software; then
    examine $rights "${doctor[@]}"
    finds ok vulkan 'device [0-9]+: .*type CPU: no hardware'
fi
pass "no Vulkan"

# JACK: a server that runs, one that doesn't answer, one that died, another's.
start_jackd 44100 512
examine $rights "${doctor[@]}"
finds '(ok|note)' jack "server 'default' runs: 44100 Hz, 512 frames \(11.6 ms\)"
examine $rights "${doctor[@]}" --server studio
finds ok jack "no server 'studio' runs"
kill -STOP "$jackd"
examine 1 "${doctor[@]}"
finds problem jack "server 'default' is there and does not answer" 'pkill -KILL .*jackd'
kill -CONT "$jackd"
kill -KILL "$jackd"
wait "$jackd" 2>/dev/null || true
examine $rights "${doctor[@]}"
finds ok jack 'in the place of one that died'
finds note shm 'servers of yours that are gone'
mkdir "$tmp/empty"
examine 1 env PATH="$tmp/empty" "${doctor[@]}"
finds problem jack 'there is no jackd to start' 'apt install jackd2'
if [ "$(setpriv --reuid 65534 --regid 65534 --clear-groups id -u 2>/dev/null)" = 65534 ]; then
    rm -rf /dev/shm/jack*
    (cd / && exec setpriv --reuid 65534 --regid 65534 --clear-groups \
        jackd -r -p 64 -d dummy >"$tmp/jackd.log" 2>&1) &
    jackd=$!
    wait_for 10 test -S /dev/shm/jack_default_65534_0 || fail "nobody's jackd does not run"
    examine $rights "${doctor[@]}"
    finds note jack "user nobody runs a server 'default' too" 'sudo -i -u nobody longwave run'
    stop_pid $jackd TERM 10
fi
pass "JACK servers"

# A station on the air is no stranger on its ports.
start_station --renderer cpu
code=0
"${doctor[@]}" >"$tmp/said" || code=$?
[ $code = $rights ] || fail "a station on the air is a problem"
finds note port "127.0.0.1:8000 is taken by .*: a station is on the air there"
stop_pid "$station" TERM 10
pass "on the air"
