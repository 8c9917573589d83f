#!/usr/bin/env bash
# Runs what the README says as a stranger would: in a fresh clone of the last commit, inside a minimal
# Debian that holds nothing but what the README asks for.
#
#   tools/stranger.sh [--suite NAME] [OPTION …] [COMMAND [ARGUMENT …]]
#
#   --suite NAME  bookworm (the default) or trixie, or another suite of the mirror
#   --user        as an ordinary user, who may not install packages
#   --with NAMES  with further Debian packages, joined by commas
#   --folder NAME of the clone, in the user's home
#   --keep        leave the root where it is and say where
#   --possible    only say whether this machine can do it (exit status 0)
#   COMMAND       instead of `make sim`, then `make test`
#
# It needs Linux, root and debootstrap, which it installs with apt-get. A suite's root takes a minute
# to make and is kept in ${XDG_CACHE_HOME:-/var/cache}/deconv4k/debian; delete it to have it renewed.
#
# Into the root go this machine's settings of pip (with the folders of packages they name), of
# its proxy, its certificates and the apt mirror; its Python, its packages and its PATH do not.
set -euo pipefail
unset CDPATH
cd "$(dirname "$0")/.."
top=$(pwd -P)

die() { printf 'stranger: %s\n' "$*" >&2; exit 2; }
say() { printf 'stranger: %s\n' "$*" >&2; }

suite=bookworm user=root folder=deconv4k with='' keep='' possible=''
while [ $# -gt 0 ]; do
    case $1 in
    --suite) suite=${2:?--suite needs a name}; shift ;;
    --with) with=${2:?--with needs names}; shift ;;
    --folder) folder=${2:?--folder needs a name}; shift ;;
    --user) user=stranger ;;
    --keep) keep=1 ;;
    --possible) possible=1 ;;
    -h | --help) sed -n '2,20s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --) shift; break ;;
    -*) die "$1; allowed: --suite NAME, --user, --with NAMES, --folder NAME, --keep, --possible" ;;
    *) break ;;
    esac
    shift
done
case $suite in *[!a-z]* | '') die "--suite $suite; allowed: a Debian suite's name, such as trixie" ;; esac

[ "$(uname -s)" = Linux ] || die "needs Linux"
[ "$(id -u)" = 0 ] || die "needs root, to make a root of its own"
# A container's root may lack the right to mount.
unshare --mount mount --bind /proc /mnt 2>/dev/null ||
    die "this root may not mount, so it cannot make a root of its own"
if ! command -v debootstrap >/dev/null; then
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends debootstrap; } \
        >/dev/null 2>&1 || true
    command -v debootstrap >/dev/null || die "needs debootstrap: apt-get install debootstrap"
fi
[ -z "$possible" ] || exit 0

# Whatever is mounted is seen by this script alone, and gone with it.
if [ -z "${STRANGER_MOUNTS:-}" ]; then
    arguments=(--suite "$suite" --folder "$folder")
    [ "$user" = root ] || arguments+=(--user)
    [ -z "$with" ] || arguments+=(--with "$with")
    [ -z "$keep" ] || arguments+=(--keep)
    STRANGER_MOUNTS=own exec unshare --mount "$top/tools/stranger.sh" "${arguments[@]}" -- "$@"
fi

# The suite's root, made once; another process that makes it is waited for.
cache=${XDG_CACHE_HOME:-/var/cache}/deconv4k/debian
base=$cache/$suite
mkdir -p "$cache"
exec 8>"$base.lock"
flock 8
if [ ! -e "$base.done" ]; then
    say "making a minimal Debian $suite"
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        grep -v '^ *#' | grep -oE 'https?://[^] ]+/debian/?( |$)' | head -n 1 | tr -d ' ' || true)
    rm -rf "$base"
    debootstrap --variant=minbase --include=python3,make,g++,git,ca-certificates \
        "$suite" "$base" ${mirror:+"$mirror"} >"$base.log" 2>&1 || {
        tail -n 3 "$base.log" >&2
        die "debootstrap cannot make $suite; its whole log: $base.log"
    }
    touch "$base.done"
fi
exec 8>&-

root=$(mktemp -d /var/tmp/stranger.XXXXXX)
finish() {
    local place
    for place in "${mounted[@]:-}"; do
        [ -z "$place" ] || umount -R "$place" || umount -l "$place" || true
    done
    if [ -n "$keep" ]; then
        say "kept $root"
    elif grep -qF " $root/" /proc/self/mounts; then
        say "$root is left: something in it is still mounted"
    else
        rm -rf --one-file-system "$root"
    fi
}
mounted=()
bind() { # folder [option …]: the same folder in the root
    mkdir -p "$root$1"
    mount --rbind "${@:2}" "$1" "$root$1"
    mounted+=("$root$1")
}
trap finish EXIT
trap 'exit 130' INT TERM
cp -a --reflink=auto "$base/." "$root/"
bind /proc
# Its own devices: this machine's may have other rights.
mount -t tmpfs -o dev,mode=755 none "$root/dev"
mounted+=("$root/dev")
cp -a "$base/dev/." "$root/dev/"

for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
    [ ! -e "$file" ] || cp -L "$file" "$root$file"
done
cp -rL /etc/ssl/certs/. "$root/etc/ssl/certs/" 2>/dev/null || true
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
settings=()
while IFS= read -r line; do
    settings+=("$line")
done < <(env | grep -E '^(PIP_(CERT|DEFAULT_TIMEOUT|FIND_LINKS|INDEX_URL|EXTRA_INDEX_URL|RETRIES)|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)=')
# Folders of packages on this disk that pip's settings name.
for place in ${PIP_FIND_LINKS:-}; do
    [ ! -d "$place" ] || bind "$place" -o ro
done

if [ -n "$with" ]; then
    say "installing $with"
    { env -i "${settings[@]}" PATH="$path" chroot "$root" apt-get -qq update &&
        env -i "${settings[@]}" PATH="$path" DEBIAN_FRONTEND=noninteractive chroot "$root" \
            apt-get -qq install -y --no-install-recommends ${with//,/ }; } >/dev/null 2>&1 ||
        die "apt-get cannot install $with in $suite"
fi

home=/root
if [ "$user" != root ]; then
    chroot "$root" useradd --create-home --shell /bin/bash "$user"
    home=/home/$user
fi
if [ -e "${HOME:-/root}/.config/pip/pip.conf" ]; then
    mkdir -p "$root$home/.config/pip"
    cp -L "${HOME:-/root}/.config/pip/pip.conf" "$root$home/.config/pip/"
fi
# The checkout may be another user's.
printf '[safe]\n\tdirectory = *\n' >"$root/tmp/gitconfig"
export GIT_CONFIG_GLOBAL=$root/tmp/gitconfig
[ -z "$(git status --porcelain)" ] || say "uncommitted changes stay behind"
git clone -q "file://$top" "$root$home/$folder"
chroot "$root" chown -R "$user:" "$home"

inside() {
    env -i "${settings[@]}" HOME="$home" USER="$user" LANG=C.UTF-8 CI="${CI:-}" \
        PATH="$path" \
        chroot --userspec="$user" "$root" /bin/sh -c 'cd ~/"$0" && exec "$@"' "$folder" "$@"
}
if [ $# -gt 0 ]; then
    inside "$@"
else
    inside make sim
    inside make test
fi
